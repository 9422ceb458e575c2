using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace BatchService.Data.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "batch");

            migrationBuilder.CreateTable(
                name: "idempotency_key",
                schema: "batch",
                columns: table => new
                {
                    caller = table.Column<string>(type: "text", nullable: false),
                    route = table.Column<string>(type: "text", nullable: false),
                    key = table.Column<string>(type: "text", nullable: false),
                    body_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    fence = table.Column<long>(type: "bigint", nullable: false),
                    status = table.Column<int>(type: "integer", nullable: true),
                    content_type = table.Column<string>(type: "text", nullable: true),
                    response = table.Column<byte[]>(type: "bytea", nullable: true),
                    succeeded = table.Column<long>(type: "bigint", nullable: true),
                    failed = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("idempotency_key_pkey", x => new { x.caller, x.route, x.key });
                });

            migrationBuilder.CreateTable(
                name: "idempotency_part",
                schema: "batch",
                columns: table => new
                {
                    caller = table.Column<string>(type: "text", nullable: false),
                    route = table.Column<string>(type: "text", nullable: false),
                    key = table.Column<string>(type: "text", nullable: false),
                    part = table.Column<int>(type: "integer", nullable: false),
                    outcomes = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("idempotency_part_pkey", x => new { x.caller, x.route, x.key, x.part });
                    table.ForeignKey(
                        name: "idempotency_part_key_fkey",
                        columns: x => new { x.caller, x.route, x.key },
                        principalSchema: "batch",
                        principalTable: "idempotency_key",
                        principalColumns: new[] { "caller", "route", "key" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "idempotency_key_expires_at_idx",
                schema: "batch",
                table: "idempotency_key",
                column: "expires_at");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "idempotency_part",
                schema: "batch");

            migrationBuilder.DropTable(
                name: "idempotency_key",
                schema: "batch");
        }
    }
}
