using BatchService.Data;

var builder = WebApplication.CreateBuilder(args);

// Here and not in appsettings.json, where it would win over ASPNETCORE_URLS.
builder.Configuration["Urls"] ??= "http://127.0.0.1:5080";
builder.AddDatabase();

await using var app = builder.Build();
if (!await app.PrepareDatabaseAsync(app.Lifetime.ApplicationStopping))
{
    return 1;
}

app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"Swagger UI: {string.Join(", ", app.Urls.Select(url => url + "/swagger"))}"));
await app.RunAsync();
return 0;
