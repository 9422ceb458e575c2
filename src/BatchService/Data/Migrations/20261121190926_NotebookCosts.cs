using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace BatchService.Data.Migrations
{
    /// <inheritdoc />
    public partial class NotebookCosts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "cost_components",
                schema: "batch",
                table: "entry",
                type: "jsonb",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "notebook_cost",
                schema: "batch",
                columns: table => new
                {
                    notebook_id = table.Column<Guid>(type: "uuid", nullable: false),
                    position = table.Column<long>(type: "bigint", nullable: false),
                    terms = table.Column<string[]>(type: "text[]", nullable: false),
                    weights = table.Column<double[]>(type: "double precision[]", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("notebook_cost_pkey", x => x.notebook_id);
                    table.ForeignKey(
                        name: "notebook_cost_notebook_id_fkey",
                        column: x => x.notebook_id,
                        principalSchema: "batch",
                        principalTable: "notebook",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "entry_revision_of_idx",
                schema: "batch",
                table: "entry",
                columns: new[] { "notebook_id", "revision_of", "causal_position" },
                filter: "revision_of IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "notebook_cost",
                schema: "batch");

            migrationBuilder.DropIndex(
                name: "entry_revision_of_idx",
                schema: "batch",
                table: "entry");

            migrationBuilder.DropColumn(
                name: "cost_components",
                schema: "batch",
                table: "entry");
        }
    }
}
