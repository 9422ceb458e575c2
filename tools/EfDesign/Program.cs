using BatchService.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

// dotnet ef starts this project; it does nothing by itself:
//   dotnet tool restore && dotnet restore tools/EfDesign
//   dotnet ef migrations add Name -p src/BatchService -s tools/EfDesign -o Data/Migrations
return 0;

/// <summary>Gives <c>dotnet ef</c> the context without starting the service or a database.</summary>
internal sealed class BatchDbContextFactory : IDesignTimeDbContextFactory<BatchDbContext>
{
    public BatchDbContext CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<BatchDbContext>();
        BatchDbContext.Configure(options, dataSource: null);
        return new BatchDbContext(options.Options);
    }
}
