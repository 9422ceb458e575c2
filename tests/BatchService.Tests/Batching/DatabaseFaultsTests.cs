using BatchService.Batching;
using Npgsql;

namespace BatchService.Tests.Batching;

public sealed class DatabaseFaultsTests
{
    [Fact]
    public void A_connection_is_lost_however_Npgsql_says_it()
    {
        Assert.True(DatabaseFaults.IsConnectionLoss(new NpgsqlException("Exception while reading from stream")));
        Assert.True(DatabaseFaults.IsConnectionLoss(new IOException()));
        Assert.True(DatabaseFaults.IsConnectionLoss(new ObjectDisposedException("NpgsqlTransaction", new NpgsqlException("Exception while reading from stream"))));
        Assert.True(DatabaseFaults.IsConnectionLoss(new PostgresException("terminating connection", "FATAL", "FATAL", "57P01")));
    }

    [Fact]
    public void What_the_server_answers_and_what_is_our_fault_is_no_lost_connection()
    {
        Assert.False(DatabaseFaults.IsConnectionLoss(new PostgresException("duplicate key", "ERROR", "ERROR", "23505")));
        Assert.False(DatabaseFaults.IsConnectionLoss(new ObjectDisposedException("something of ours")));
        Assert.False(DatabaseFaults.IsConnectionLoss(new InvalidOperationException()));
    }
}
