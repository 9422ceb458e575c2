using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace BatchService.Data.Migrations
{
    /// <summary>
    /// Installs <c>batch.write_divided</c>: writes the items of a failing set in pieces, each in a subtransaction; a piece that fails is
    /// done item by item, one that succeeds doubles the next, until every item is decided or the budget of live subtransactions is used
    /// up. The statement gets the items of a piece as one JSON array and gives the rows' JSON and results as two arrays. A last row with a
    /// negative position tells how many subtransactions are live.
    /// </summary>
    public partial class DividedWrite : Migration
    {
        private const string Function = """
            CREATE FUNCTION batch.write_divided(
                statement text, cells text[], budget integer, stop_at_first boolean)
            RETURNS TABLE (
                "position" integer, failed boolean, row_json text, result text,
                sqlstate text, message text, constraint_name text, column_name text)
            LANGUAGE plpgsql
            AS $function$
            DECLARE
                total integer := cardinality(cells);
                low integer := 0;
                high integer;
                width integer := 8;
                singly_until integer := 0;
                bad integer := 0;
                pieces integer := 0;
                piece_rows text[];
                piece_results text[];
                error_state text;
                error_message text;
                error_constraint text;
                error_column text;
            BEGIN
                -- Planned once and not for every piece, which would cost more than the rows. It outlives a call that was aborted.
                IF EXISTS (SELECT FROM pg_prepared_statements AS s WHERE s.name = 'batch_piece') THEN
                    DEALLOCATE batch_piece;
                END IF;
                EXECUTE 'PREPARE batch_piece (jsonb) AS ' || statement;
                WHILE low < total AND pieces < budget LOOP
                    IF low >= singly_until THEN
                        -- Where bad items are many, trying the next few together would be in vain.
                        singly_until := CASE WHEN bad > 1 THEN low + 8 ELSE 0 END;
                        bad := 0;
                    END IF;
                    high := least(low + CASE WHEN low < singly_until THEN 1 ELSE width END, total);
                    BEGIN
                        EXECUTE format('EXECUTE batch_piece (%L)', '[' || array_to_string(cells[low + 1:high], ',') || ']')
                            INTO STRICT piece_rows, piece_results;
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
                        width := CASE WHEN high - low > 1 THEN least(width * 2, 256) ELSE width END;
                        low := high;
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
                            singly_until := CASE WHEN high - low <= 8 THEN high ELSE 0 END;
                            width := 8;
                        ELSE
                            bad := bad + 1;
                            RETURN QUERY SELECT low, true, NULL::text, NULL::text, error_state, error_message, error_constraint, error_column;
                            low := high;
                            EXIT WHEN stop_at_first;
                        END IF;
                    END;
                END LOOP;
                DEALLOCATE batch_piece;
                RETURN QUERY SELECT -pieces, false, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text
                             WHERE pieces > 0;
            END
            $function$
            """;

        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Function);

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            migrationBuilder.Sql("DROP FUNCTION batch.write_divided(text, text[], integer, boolean)");
    }
}
