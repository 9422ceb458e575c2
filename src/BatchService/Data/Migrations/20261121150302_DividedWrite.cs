using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace BatchService.Data.Migrations
{
    /// <summary>
    /// Installs <c>batch.write_divided</c>: writes the items of a failing set in pieces, each in a subtransaction; halves a piece that fails
    /// and doubles after one that succeeds, until every item is decided or the budget of live subtransactions is used up. The statement
    /// gets the cells and the bounds of a piece and gives the rows' JSON and results as two arrays. A last row with a negative position
    /// tells how many subtransactions are live.
    /// </summary>
    public partial class DividedWrite : Migration
    {
        private const string Function = """
            CREATE FUNCTION batch.write_divided(
                statement text, cells jsonb, first integer, total integer, budget integer, stop_at_first boolean)
            RETURNS TABLE (
                "position" integer, failed boolean, row_json text, result text,
                sqlstate text, message text, constraint_name text, column_name text)
            LANGUAGE plpgsql
            AS $function$
            DECLARE
                low integer := first;
                high integer;
                width integer := 32;
                pieces integer := 0;
                piece_rows text[];
                piece_results text[];
                error_state text;
                error_message text;
                error_constraint text;
                error_column text;
            BEGIN
                WHILE low < total AND pieces < budget LOOP
                    high := least(low + width, total);
                    BEGIN
                        EXECUTE statement INTO STRICT piece_rows, piece_results USING cells, low, high;
                        IF coalesce(cardinality(piece_results), 0) <> high - low
                           OR (high - low > 1 AND piece_results && ARRAY['again'])
                           OR (high - low > 1 AND stop_at_first AND piece_results && ARRAY['missing', 'stale']) THEN
                            -- BT001: the piece ran, but does not tell its items apart. One item alone that had no effect is told as it is.
                            IF high - low > 1 THEN
                                RAISE EXCEPTION USING ERRCODE = 'BT001', MESSAGE = 'inexact';
                            END IF;
                            piece_rows := ARRAY[NULL]::text[];
                            piece_results := ARRAY['missing'];
                        END IF;
                        RETURN QUERY
                            SELECT low + r.ordinal::integer - 1, false, r.row_text, r.result_text, NULL::text, NULL::text, NULL::text, NULL::text
                            FROM unnest(piece_rows, piece_results) WITH ORDINALITY AS r(row_text, result_text, ordinal);
                        pieces := pieces + 1;
                        low := high;
                        width := least(width * 2, 1024);
                        EXIT WHEN stop_at_first AND piece_results && ARRAY['missing', 'stale', 'again'];
                    EXCEPTION WHEN OTHERS THEN
                        GET STACKED DIAGNOSTICS
                            error_state = RETURNED_SQLSTATE, error_message = MESSAGE_TEXT,
                            error_constraint = CONSTRAINT_NAME, error_column = COLUMN_NAME;
                        -- Not an item's fault: the whole transaction is repeated or given up by the service.
                        IF error_state IN ('40001', '40P01', '55P03') OR left(error_state, 2) IN ('08', '53', '57', '58', 'XX') THEN
                            RAISE;
                        END IF;
                        IF high - low > 1 THEN
                            width := greatest((high - low) / 2, 1);
                        ELSE
                            RETURN QUERY SELECT low, true, NULL::text, NULL::text, error_state, error_message, error_constraint, error_column;
                            low := high;
                            EXIT WHEN stop_at_first;
                        END IF;
                    END;
                END LOOP;
                RETURN QUERY SELECT -pieces, false, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text
                             WHERE pieces > 0;
            END
            $function$
            """;

        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Function);

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            migrationBuilder.Sql("DROP FUNCTION batch.write_divided(text, jsonb, integer, integer, integer, boolean)");
    }
}
