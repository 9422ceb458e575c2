using System;
using Microsoft.EntityFrameworkCore.Migrations;
using NpgsqlTypes;

#nullable disable

namespace BatchService.Data.Migrations
{
    /// <inheritdoc />
    public partial class Notebooks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "notebook",
                schema: "batch",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    owner = table.Column<string>(type: "text", nullable: false),
                    created = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    current_sequence = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L)
                },
                constraints: table =>
                {
                    table.PrimaryKey("notebook_pkey", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "entry",
                schema: "batch",
                columns: table => new
                {
                    notebook_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    causal_position = table.Column<long>(type: "bigint", nullable: false),
                    content = table.Column<string>(type: "text", nullable: false),
                    content_type = table.Column<string>(type: "text", nullable: false),
                    topic = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    author = table.Column<string>(type: "text", nullable: false),
                    stated_author = table.Column<string>(type: "text", nullable: true),
                    created = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    revision_of = table.Column<Guid>(type: "uuid", nullable: true),
                    fragment_of = table.Column<Guid>(type: "uuid", nullable: true),
                    fragment_index = table.Column<int>(type: "integer", nullable: true),
                    references = table.Column<Guid[]>(type: "uuid[]", nullable: false, defaultValueSql: "'{}'"),
                    claims = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'[]'"),
                    claims_status = table.Column<string>(type: "text", nullable: false, defaultValue: "pending"),
                    claims_author = table.Column<string>(type: "text", nullable: true),
                    claims_stated_author = table.Column<string>(type: "text", nullable: true),
                    comparisons = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'[]'"),
                    max_friction = table.Column<double>(type: "double precision", nullable: true),
                    needs_review = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false),
                    primary_topic = table.Column<string>(type: "text", nullable: true),
                    integration_cost = table.Column<double>(type: "double precision", nullable: false, defaultValue: 0.0),
                    cost_computed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    search_text = table.Column<NpgsqlTsVector>(type: "tsvector", nullable: false, computedColumnSql: "setweight(to_tsvector('simple'::regconfig, replace(coalesce(topic, ''), '/', ' ')), 'A') || setweight(to_tsvector('simple'::regconfig, replace(left(content, 100000), '/', ' ')), 'B')", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("entry_pkey", x => new { x.notebook_id, x.id });
                    table.ForeignKey(
                        name: "entry_notebook_id_fkey",
                        column: x => x.notebook_id,
                        principalSchema: "batch",
                        principalTable: "notebook",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "notebook_job",
                schema: "batch",
                columns: table => new
                {
                    notebook_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    job_type = table.Column<string>(type: "text", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false, defaultValue: "pending"),
                    payload = table.Column<string>(type: "jsonb", nullable: false),
                    result = table.Column<string>(type: "jsonb", nullable: true),
                    error = table.Column<string>(type: "text", nullable: true),
                    created = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    claimed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    claimed_by = table.Column<string>(type: "text", nullable: true),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    completed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    follow_up_jobs = table.Column<int>(type: "integer", nullable: true),
                    retry_count = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                    max_retries = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("notebook_job_pkey", x => new { x.notebook_id, x.id });
                    table.ForeignKey(
                        name: "notebook_job_notebook_id_fkey",
                        column: x => x.notebook_id,
                        principalSchema: "batch",
                        principalTable: "notebook",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "notebook_share",
                schema: "batch",
                columns: table => new
                {
                    notebook_id = table.Column<Guid>(type: "uuid", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: false),
                    tier = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("notebook_share_pkey", x => new { x.notebook_id, x.subject });
                    table.ForeignKey(
                        name: "notebook_share_notebook_id_fkey",
                        column: x => x.notebook_id,
                        principalSchema: "batch",
                        principalTable: "notebook",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "entry_author_idx",
                schema: "batch",
                table: "entry",
                columns: new[] { "notebook_id", "author", "causal_position" });

            migrationBuilder.CreateIndex(
                name: "entry_claims_status_idx",
                schema: "batch",
                table: "entry",
                columns: new[] { "notebook_id", "claims_status", "causal_position" });

            migrationBuilder.CreateIndex(
                name: "entry_cost_due_idx",
                schema: "batch",
                table: "entry",
                columns: new[] { "notebook_id", "causal_position" },
                filter: "cost_computed_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "entry_fragment_of_idx",
                schema: "batch",
                table: "entry",
                columns: new[] { "notebook_id", "fragment_of", "fragment_index" },
                filter: "fragment_of IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "entry_max_friction_idx",
                schema: "batch",
                table: "entry",
                columns: new[] { "notebook_id", "max_friction" },
                filter: "max_friction IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "entry_needs_review_idx",
                schema: "batch",
                table: "entry",
                columns: new[] { "notebook_id", "causal_position" },
                filter: "needs_review");

            migrationBuilder.CreateIndex(
                name: "entry_notebook_id_causal_position_key",
                schema: "batch",
                table: "entry",
                columns: new[] { "notebook_id", "causal_position" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "entry_references_idx",
                schema: "batch",
                table: "entry",
                column: "references")
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.CreateIndex(
                name: "entry_search_text_idx",
                schema: "batch",
                table: "entry",
                column: "search_text")
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.CreateIndex(
                name: "entry_topic_idx",
                schema: "batch",
                table: "entry",
                columns: new[] { "notebook_id", "topic", "causal_position" });

            migrationBuilder.CreateIndex(
                name: "entry_topic_index_idx",
                schema: "batch",
                table: "entry",
                column: "notebook_id",
                filter: "topic LIKE 'index/topic/%' AND claims_status IN ('distilled', 'verified')");

            migrationBuilder.CreateIndex(
                name: "notebook_owner_created_idx",
                schema: "batch",
                table: "notebook",
                columns: new[] { "owner", "created" });

            migrationBuilder.CreateIndex(
                name: "notebook_job_lease_idx",
                schema: "batch",
                table: "notebook_job",
                columns: new[] { "notebook_id", "lease_until" },
                filter: "status = 'in_progress'");

            migrationBuilder.CreateIndex(
                name: "notebook_job_pending_idx",
                schema: "batch",
                table: "notebook_job",
                columns: new[] { "notebook_id", "created", "id" },
                filter: "status = 'pending'");

            migrationBuilder.CreateIndex(
                name: "notebook_job_pending_type_idx",
                schema: "batch",
                table: "notebook_job",
                columns: new[] { "notebook_id", "job_type", "created", "id" },
                filter: "status = 'pending'");

            migrationBuilder.CreateIndex(
                name: "notebook_job_stats_idx",
                schema: "batch",
                table: "notebook_job",
                columns: new[] { "notebook_id", "job_type", "status" });

            migrationBuilder.CreateIndex(
                name: "notebook_share_subject_idx",
                schema: "batch",
                table: "notebook_share",
                column: "subject");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "entry",
                schema: "batch");

            migrationBuilder.DropTable(
                name: "notebook_job",
                schema: "batch");

            migrationBuilder.DropTable(
                name: "notebook_share",
                schema: "batch");

            migrationBuilder.DropTable(
                name: "notebook",
                schema: "batch");
        }
    }
}
