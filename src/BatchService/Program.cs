using BatchService.Http;

var builder = WebApplication.CreateBuilder(args);
builder.AddHttpKit();

var app = builder.Build();
app.UseHttpKit();
return await app.RunCheckedAsync();
