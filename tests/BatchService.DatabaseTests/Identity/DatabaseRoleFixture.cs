using System.Net.Http.Headers;
using Npgsql;

namespace BatchService.DatabaseTests.Identity;

/// <summary>
/// The service as PostgREST would be set up: it connects as a role that may do nothing but take others, and a claim says which. The
/// policies are written as for PostgREST and Supabase.
/// </summary>
public sealed class DatabaseRoleFixture : ServiceFixture, IAsyncLifetime
{
    private readonly string _id = Guid.NewGuid().ToString("N")[..8];

    /// <summary>What the connection may take.</summary>
    internal string Member => $"member_{_id}";

    /// <summary>Likewise, with other policies.</summary>
    internal string Guest => $"guest_{_id}";

    /// <summary>A role that exists and that the connection may not take.</summary>
    internal string Stranger => $"stranger_{_id}";

    private string Connection => $"authenticator_{_id}";

    /// <summary>A client whose token names a subject and a database role; null: none.</summary>
    internal HttpClient As(string subject, string? role)
    {
        var client = CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TokenText.Of(("sub", subject), ("role", role)));
        return client;
    }

    internal HttpClient With(string token)
    {
        var client = CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    internal async Task<string> TextAsync(string sql)
    {
        await using var command = Database.CreateCommand($"SELECT coalesce(string_agg(v::text, ' '), '') FROM ({sql}) AS q(v)");
        return (string)(await command.ExecuteScalarAsync())!;
    }

    protected override async Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($$"""
            CREATE ROLE {{Member}} NOLOGIN;
            CREATE ROLE {{Guest}} NOLOGIN;
            CREATE ROLE {{Stranger}} NOLOGIN BYPASSRLS;
            CREATE ROLE {{Connection}} LOGIN NOINHERIT PASSWORD 'tenant' IN ROLE {{Member}}, {{Guest}};
            GRANT USAGE, CREATE ON SCHEMA batch TO {{Connection}};
            GRANT ALL ON ALL TABLES IN SCHEMA batch TO {{Connection}};
            GRANT ALL ON ALL SEQUENCES IN SCHEMA batch TO {{Connection}};

            CREATE SCHEMA auth;
            GRANT USAGE ON SCHEMA auth TO {{Member}}, {{Guest}};
            CREATE FUNCTION auth.uid() RETURNS text LANGUAGE sql STABLE AS $$ SELECT current_setting('request.jwt.claim.sub', true) $$;

            CREATE TABLE todo (
                id integer PRIMARY KEY, owner text NOT NULL DEFAULT current_setting('request.jwt.claims', true)::json ->> 'sub',
                task text CHECK (task <> 'bad'), parent integer REFERENCES todo DEFERRABLE INITIALLY DEFERRED, written_as text DEFAULT current_user);
            ALTER TABLE todo ENABLE ROW LEVEL SECURITY;
            CREATE POLICY own ON todo TO {{Member}}
                USING (owner = (SELECT current_setting('request.jwt.claims', true)::json ->> 'sub'))
                WITH CHECK (owner = (SELECT auth.uid()));
            CREATE POLICY look ON todo FOR SELECT TO {{Guest}} USING (task = 'public');
            GRANT SELECT, INSERT, UPDATE, DELETE ON todo TO {{Member}};
            GRANT SELECT ON todo TO {{Guest}};
            INSERT INTO todo (id, owner, task) VALUES (1, 'alice', 'one'), (2, 'bob', 'B0B'), (3, 'bob', 'public');
            """);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    protected override void Configure(IDictionary<string, string?> settings)
    {
        settings["Auth:Mode"] = "Jwt";
        settings["Auth:SigningKey"] = TokenText.Key;
        settings["Auth:Issuer"] = TokenText.Issuer;
        settings["Auth:Audience"] = TokenText.Audience;
        settings["Auth:DatabaseRoleClaim"] = "role";
        settings["ConnectionStrings:Batch"] = new NpgsqlConnectionStringBuilder(settings["ConnectionStrings:Batch"])
        {
            Username = Connection,
            Password = "tenant",
        }.ConnectionString;
    }

    /// <summary>Roles belong to the server, which may outlive the database.</summary>
    async Task IAsyncLifetime.DisposeAsync()
    {
        string[] roles = [Connection, Member, Guest, Stranger];
        await using (var command = Database.CreateCommand($"DROP OWNED BY {string.Join(", ", roles)}; DROP ROLE {string.Join(", ", roles)}"))
        {
            await command.ExecuteNonQueryAsync();
        }

        await DisposeAsync();
    }
}
