// dotnet ef starts this project; it does nothing by itself:
//   dotnet tool restore && dotnet restore tools/EfDesign
//   dotnet ef migrations add Name -p src/BatchService -s tools/EfDesign -o Data/Migrations
return 0;
