using BatchService.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace EfDesign;

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
