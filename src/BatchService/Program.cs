using BatchService.Data;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

var builder = WebApplication.CreateBuilder(args);

// Here and not in appsettings.json, where it would win over ASPNETCORE_URLS.
builder.Configuration["Urls"] ??= "http://127.0.0.1:5080";
builder.AddDatabase();

await using var app = builder.Build();
if (!await app.PrepareDatabaseAsync(app.Lifetime.ApplicationStopping))
{
    return 1;
}

var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>();
app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"Swagger UI: {addresses?.Addresses.FirstOrDefault()}/swagger"));
await app.RunAsync();
return 0;
