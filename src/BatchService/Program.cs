using BatchService.Attestations;
using BatchService.Batching;
using BatchService.Data;
using BatchService.Devices;
using BatchService.Entities;
using BatchService.Frames;
using BatchService.Http;
using BatchService.Jobs;
using BatchService.Notebooks;
using BatchService.Operations;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

var builder = WebApplication.CreateBuilder(args);

// Here and not in appsettings.json, where it would win over ASPNETCORE_URLS.
builder.Configuration["Urls"] ??= "http://127.0.0.1:5080";
builder.AddDatabase();
builder.AddHttpKit();
builder.Services
    .AddBatching()
    .AddJobs()
    .AddEntities()
    .AddOperations()
    .AddAttestations()
    .AddFrames()
    .AddAtlas()
    .AddNotebooks()
    .AddDevices();

await using var app = builder.Build();
app.UseHttpKit();
app.UseAudit();
app.MapOperations();
app.MapRowBatches();
app.MapEntities();
app.MapAttestations();
app.MapFrames();
app.MapAtlas();
app.MapNotebooks();
app.MapDevices();
app.MapJobs();
app.MapCapabilities();
app.MapAudit();

if (!await app.PrepareDatabaseAsync(app.Lifetime.ApplicationStopping))
{
    return 1;
}

var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>();
app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"Swagger UI: {addresses?.Addresses.FirstOrDefault()}/swagger"));
return await app.RunCheckedAsync();
