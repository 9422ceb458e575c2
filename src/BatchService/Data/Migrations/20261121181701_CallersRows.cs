using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace BatchService.Data.Migrations
{
    /// <summary>
    /// Installs <c>batch.refuse_row</c>, by which a statement refuses itself when it left a row outside of its writer's row filter, and
    /// lets database roles that statements run as (<c>Auth:DatabaseRoleClaim</c>) name the functions of the schema. Its tables stay closed.
    /// </summary>
    public partial class CallersRows : Migration
    {
        private const string Function = """
            CREATE FUNCTION batch.refuse_row() RETURNS boolean
            LANGUAGE plpgsql VOLATILE
            AS $function$
            BEGIN
                RAISE EXCEPTION USING ERRCODE = 'BT002', MESSAGE = 'row filter';
            END
            $function$
            """;

        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(Function);
            migrationBuilder.Sql("GRANT USAGE ON SCHEMA batch TO PUBLIC");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("REVOKE USAGE ON SCHEMA batch FROM PUBLIC");
            migrationBuilder.Sql("DROP FUNCTION batch.refuse_row()");
        }
    }
}
