using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace BatchService.Data.Migrations
{
    /// <inheritdoc />
    public partial class Audit : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "audit",
                schema: "batch",
                columns: table => new
                {
                    batch_id = table.Column<Guid>(type: "uuid", nullable: false),
                    caller = table.Column<string>(type: "text", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    route = table.Column<string>(type: "text", nullable: false),
                    mode = table.Column<string>(type: "text", nullable: false),
                    job_id = table.Column<Guid>(type: "uuid", nullable: true),
                    completed = table.Column<long>(type: "bigint", nullable: true),
                    failed = table.Column<long>(type: "bigint", nullable: true),
                    skipped = table.Column<long>(type: "bigint", nullable: true),
                    duration_ms = table.Column<long>(type: "bigint", nullable: true),
                    trace_id = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("audit_pkey", x => x.batch_id);
                });

            migrationBuilder.CreateIndex(
                name: "audit_caller_idx",
                schema: "batch",
                table: "audit",
                columns: new[] { "caller", "batch_id" });

            migrationBuilder.CreateIndex(
                name: "audit_job_id_idx",
                schema: "batch",
                table: "audit",
                column: "job_id",
                filter: "job_id IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "audit",
                schema: "batch");
        }
    }
}
