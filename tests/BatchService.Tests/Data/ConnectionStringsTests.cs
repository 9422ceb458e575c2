using BatchService.Data;
using Npgsql;

namespace BatchService.Tests.Data;

public sealed class ConnectionStringsTests
{
    [Theory]
    [InlineData("postgres://ada:p%40ss%3B@db.example:6000/my%20data?sslmode=verify-full&application_name=my-app")]
    [InlineData("postgresql://ada:p%40ss%3B@db.example:6000/my%20data?sslmode=verify-full&application_name=my-app")]
    public void Reads_the_url_form(string url)
    {
        var read = new NpgsqlConnectionStringBuilder(ConnectionStrings.FromUrl(url));

        Assert.Equal(("db.example", 6000, "my data", "ada", "p@ss;"), (read.Host, read.Port, read.Database, read.Username, read.Password));
        Assert.Equal((SslMode.VerifyFull, "my-app"), (read.SslMode, read.ApplicationName));
    }

    [Fact]
    public void Leaves_the_other_form_alone() => Assert.Equal("Host=a;Database=b", ConnectionStrings.FromUrl("Host=a;Database=b"));

    [Fact]
    public void Adds_what_the_service_relies_on_and_lets_the_configured_string_win_otherwise()
    {
        var options = new DatabaseOptions { MaxPoolSize = 7 };
        var complete = new NpgsqlConnectionStringBuilder(ConnectionStrings.Complete(
            "Host=a;Max Auto Prepare=0;Include Failed Batched Command=false;Options=-c statement_timeout=1",
            options));

        Assert.Equal((7, 0, 3), (complete.MaxPoolSize, complete.MaxAutoPrepare, complete.AutoPrepareMinUsages));
        Assert.True(complete.IncludeFailedBatchedCommand);
        Assert.EndsWith(" -c statement_timeout=1", complete.Options, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Hst=a;Password=sesame")]
    [InlineData("Host=a;Port=sesame")]
    [InlineData("postgres://a:sesame@b/c?unknown=sesame")]
    [InlineData("sesame")]
    public void Does_not_repeat_a_string_that_cannot_be_read(string value)
    {
        var refusal = Assert.Throws<StartupException>(() => ConnectionStrings.Complete(value, new DatabaseOptions()));

        Assert.DoesNotContain("sesame", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Leaves_to_a_transaction_pooler_nothing_that_belongs_to_a_session()
    {
        var pooler = new DatabaseOptions { TransactionPooler = true };
        var complete = new NpgsqlConnectionStringBuilder(ConnectionStrings.Complete("Host=a;Options=-c x.y=1", pooler));
        var chosen = new NpgsqlConnectionStringBuilder(ConnectionStrings.Complete("Host=a;Max Auto Prepare=50", pooler));

        Assert.Equal((null, true, 0), (complete.Options, complete.NoResetOnClose, complete.MaxAutoPrepare));
        Assert.Equal(50, chosen.MaxAutoPrepare);
    }
}
