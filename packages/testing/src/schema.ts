import type { Pool } from 'pg'

/** Schemas that are not PostgreSQL's own, nor the work queue's, which makes itself at a start. */
const OWN = `n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'graphile_worker')`
/** Whether an object came with an extension. */
const isForeign = (catalogue: string, oid: string) =>
  `EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalogue}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`

/** Each answers lines of one kind, in an order that depends on nothing but names. */
const PARTS: Readonly<Record<string, string>> = {
  extensions: `SELECT format('CREATE EXTENSION %I;', extname) AS line FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY extname COLLATE "C"`,
  types: `SELECT format('CREATE TYPE %I.%I AS ENUM (%s);', n.nspname, t.typname, string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)) AS line
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_enum e ON e.enumtypid = t.oid
    WHERE ${OWN} AND NOT ${isForeign('pg_type', 't.oid')} GROUP BY n.nspname, t.typname ORDER BY n.nspname COLLATE "C", t.typname COLLATE "C"`,
  tables: `SELECT format(E'CREATE TABLE %I.%I (\\n%s\\n)%s;', n.nspname, c.relname, string_agg(format('  %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attidentity <> '' THEN ' GENERATED ' || CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END || ' AS IDENTITY'
        WHEN a.attgenerated <> '' THEN format(' GENERATED ALWAYS AS (%s)', pg_get_expr(v.adbin, v.adrelid)) || CASE a.attgenerated WHEN 's' THEN ' STORED' ELSE ' VIRTUAL' END
        WHEN v.adbin IS NOT NULL THEN ' DEFAULT ' || pg_get_expr(v.adbin, v.adrelid) ELSE '' END,
      CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END), E',\\n' ORDER BY a.attnum), coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', '')) AS line
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef v ON v.adrelid = c.oid AND v.adnum = a.attnum
    WHERE ${OWN} AND c.relkind IN ('r', 'p') GROUP BY n.nspname, c.relname, c.reloptions ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
  // NOT NULL (n) is said at the column.
  constraints: `SELECT format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s;', n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid)) AS line
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${OWN} AND k.contype NOT IN ('n', 't') ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", k.conname COLLATE "C"`,
  indexes: `SELECT pg_get_indexdef(i.indexrelid) || ';' AS line FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace n ON n.oid = x.relnamespace
    WHERE ${OWN} AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
    ORDER BY n.nspname COLLATE "C", x.relname COLLATE "C"`,
  views: `SELECT format(E'CREATE VIEW %I.%I AS\\n%s', n.nspname, c.relname, pg_get_viewdef(c.oid)) AS line FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${OWN} AND c.relkind IN ('v', 'm') AND NOT ${isForeign('pg_class', 'c.oid')} ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
  triggers: `SELECT pg_get_triggerdef(t.oid) || ';' AS line FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${OWN} AND NOT t.tgisinternal ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", t.tgname COLLATE "C"`,
  functions: `SELECT format('-- %I.%I(%s) returns %s, %s%s%s', n.nspname, p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
      CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
      CASE p.proparallel WHEN 's' THEN ', parallel safe' WHEN 'r' THEN ', parallel restricted' ELSE '' END, coalesce(', ' || array_to_string(p.proconfig, ', '), '')) AS line
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE ${OWN} AND NOT ${isForeign('pg_proc', 'p.oid')} ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", pg_get_function_identity_arguments(p.oid) COLLATE "C"`,
}

/**
 * The whole schema of a database as text, the same for the same schema however it came about: extensions, enums, tables with their columns in
 * order, constraints, indexes, views, triggers, and what callers see of each function.
 */
export async function describeSchema(pool: Pool): Promise<string> {
  const parts: string[] = []
  for (const [kind, sql] of Object.entries(PARTS)) {
    const { rows } = await pool.query<{ line: string }>(sql)
    if (rows.length > 0) parts.push(`-- ${kind}\n\n${rows.map(({ line }) => line).join(kind === 'tables' || kind === 'views' ? '\n\n' : '\n')}\n`)
  }
  return parts.join('\n')
}
