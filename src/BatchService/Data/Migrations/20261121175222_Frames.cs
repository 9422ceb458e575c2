using System;
using Microsoft.EntityFrameworkCore.Migrations;
using NpgsqlTypes;

#nullable disable

namespace BatchService.Data.Migrations
{
    /// <inheritdoc />
    public partial class Frames : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "frame",
                schema: "batch",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    branch = table.Column<string>(type: "text", nullable: false),
                    module_scope = table.Column<string[]>(type: "text[]", nullable: false),
                    jira = table.Column<string>(type: "text", nullable: true),
                    user_id = table.Column<string>(type: "text", nullable: true),
                    content = table.Column<string>(type: "jsonb", nullable: false),
                    words = table.Column<NpgsqlTsVector>(type: "tsvector", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_by = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("frame_pkey", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "frame_module_scope_idx",
                schema: "batch",
                table: "frame",
                column: "module_scope")
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.CreateIndex(
                name: "frame_timestamp_idx",
                schema: "batch",
                table: "frame",
                columns: new[] { "timestamp", "id" });

            migrationBuilder.CreateIndex(
                name: "frame_words_idx",
                schema: "batch",
                table: "frame",
                column: "words")
                .Annotation("Npgsql:IndexMethod", "gin");

            // Their first characters, because a value of 10,000 characters is more than an index takes.
            migrationBuilder.Sql("""CREATE INDEX frame_branch_idx ON batch.frame (left(branch, 100), "timestamp", id)""");
            migrationBuilder.Sql("""CREATE INDEX frame_jira_idx ON batch.frame (left(jira, 100), "timestamp", id) WHERE jira IS NOT NULL""");
            migrationBuilder.Sql("""CREATE INDEX frame_user_id_idx ON batch.frame (left(user_id, 100), "timestamp", id) WHERE user_id IS NOT NULL""");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "frame",
                schema: "batch");
        }
    }
}
