using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace BatchService.Data.Migrations
{
    /// <inheritdoc />
    public partial class Jobs : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "job",
                schema: "batch",
                columns: table => new
                {
                    batch_job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    caller = table.Column<string>(type: "text", nullable: false),
                    caller_json = table.Column<string>(type: "jsonb", nullable: false),
                    job_type = table.Column<string>(type: "text", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false),
                    total_items = table.Column<int>(type: "integer", nullable: false),
                    options = table.Column<string>(type: "jsonb", nullable: false),
                    header = table.Column<string[]>(type: "text[]", nullable: true),
                    metadata = table.Column<string>(type: "jsonb", nullable: true),
                    callback_url = table.Column<string>(type: "text", nullable: true),
                    retry_of = table.Column<Guid>(type: "uuid", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    completed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    error_message = table.Column<string>(type: "text", nullable: true),
                    is_pruned = table.Column<bool>(type: "boolean", nullable: false),
                    is_redacted = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("job_pkey", x => x.batch_job_id);
                });

            migrationBuilder.CreateTable(
                name: "job_input",
                schema: "batch",
                columns: table => new
                {
                    batch_job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    first_index = table.Column<int>(type: "integer", nullable: false),
                    item_count = table.Column<int>(type: "integer", nullable: false),
                    items = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("job_input_pkey", x => new { x.batch_job_id, x.first_index });
                });

            migrationBuilder.CreateTable(
                name: "job_result",
                schema: "batch",
                columns: table => new
                {
                    batch_job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    part = table.Column<int>(type: "integer", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    first_index = table.Column<int>(type: "integer", nullable: false),
                    last_index = table.Column<int>(type: "integer", nullable: false),
                    failed_count = table.Column<int>(type: "integer", nullable: false),
                    processed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    results = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("job_result_pkey", x => new { x.batch_job_id, x.part, x.id });
                });

            migrationBuilder.CreateTable(
                name: "job_part",
                schema: "batch",
                columns: table => new
                {
                    batch_job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    part = table.Column<int>(type: "integer", nullable: false),
                    first_index = table.Column<int>(type: "integer", nullable: false),
                    item_count = table.Column<int>(type: "integer", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false),
                    fence = table.Column<long>(type: "bigint", nullable: false),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    owner = table.Column<string>(type: "text", nullable: true),
                    lost = table.Column<int>(type: "integer", nullable: false),
                    not_before = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    chunk_items = table.Column<int>(type: "integer", nullable: false),
                    processed = table.Column<int>(type: "integer", nullable: false),
                    success = table.Column<int>(type: "integer", nullable: false),
                    failed = table.Column<int>(type: "integer", nullable: false),
                    skipped = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("job_part_pkey", x => new { x.batch_job_id, x.part });
                    table.ForeignKey(
                        name: "job_part_job_fkey",
                        column: x => x.batch_job_id,
                        principalSchema: "batch",
                        principalTable: "job",
                        principalColumn: "batch_job_id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "job_caller_idx",
                schema: "batch",
                table: "job",
                columns: new[] { "caller", "batch_job_id" });

            migrationBuilder.CreateIndex(
                name: "job_expires_at_idx",
                schema: "batch",
                table: "job",
                column: "expires_at");

            migrationBuilder.CreateIndex(
                name: "job_unfinished_idx",
                schema: "batch",
                table: "job",
                column: "status",
                filter: "status IN ('pending', 'processing')");

            migrationBuilder.CreateIndex(
                name: "job_part_unfinished_idx",
                schema: "batch",
                table: "job_part",
                columns: new[] { "batch_job_id", "part" },
                filter: "status <> 'done'");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "job_input",
                schema: "batch");

            migrationBuilder.DropTable(
                name: "job_part",
                schema: "batch");

            migrationBuilder.DropTable(
                name: "job_result",
                schema: "batch");

            migrationBuilder.DropTable(
                name: "job",
                schema: "batch");
        }
    }
}
