import { readFile } from 'node:fs/promises'
import type { Pool } from 'pg'

interface Field {
  model: string
  table: string
  column: string
  type: string
  nullable: boolean
  list: boolean
}

/** Prisma scalar types and the PostgreSQL types they may stand for. */
const COMPATIBLE: Record<string, readonly string[]> = {
  String: ['text', 'varchar', 'uuid', 'bpchar', 'inet', 'date', 'tstzrange'],
  Boolean: ['bool'],
  Int: ['int4', 'int2'],
  BigInt: ['int8'],
  Float: ['float8', 'float4'],
  Decimal: ['numeric'],
  DateTime: ['timestamptz', 'date', 'timestamp'],
  Json: ['jsonb', 'json'],
  Bytes: ['bytea'],
}

/**
 * Throws unless every model of a Prisma schema is a table of the migrated database with every field as a column of a
 * compatible type and nullability, and every required column without default is in the model.
 */
export async function assertPrismaMatchesDatabase(schemaPath: string, pool: Pool): Promise<void> {
  const source = await readFile(schemaPath, 'utf8')
  const fields = parseModels(source)
  if (fields.length === 0) throw new Error(`${schemaPath} has no model`)
  const { rows } = await pool.query<{ table: string; column: string; type: string; nullable: boolean; optional: boolean }>(
    `SELECT c.relname AS "table", a.attname AS "column", t.typname AS type, NOT a.attnotnull AS nullable,
       (NOT a.attnotnull OR a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '') AS optional
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped JOIN pg_type t ON t.oid = a.atttypid
     WHERE c.relkind IN ('r', 'p', 'v') AND c.relnamespace = 'public'::regnamespace`,
  )
  const enums = new Map([...source.matchAll(/^enum\s+(\w+)\s*\{[^}]*?(?:@@map\("(\w+)"\))?[^}]*\}/gm)].map((match) => [match[1]!, match[2] ?? match[1]!]))
  const problems = [
    ...fields.flatMap((field) => compareField(field, rows, enums)),
    ...rows
      .filter((row) => fields.some(({ table }) => table === row.table) && !row.optional)
      .filter((row) => !fields.some(({ table, column }) => table === row.table && column === row.column))
      .map((row) => `column ${row.table}.${row.column} is required but not in the model`),
  ]
  if (problems.length > 0) throw new Error(`the Prisma model differs from the database:\n${problems.join('\n')}`)
}

function compareField(
  field: Field,
  columns: readonly { table: string; column: string; type: string; nullable: boolean }[],
  enums: Map<string, string>,
): string[] {
  const place = `${field.model} (${field.table}.${field.column})`
  const column = columns.find((candidate) => candidate.table === field.table && candidate.column === field.column)
  if (!column) return [`${place} is no column`]
  const problems: string[] = []
  const type = field.list ? column.type.replace(/^_/, '') : column.type
  const allowed = COMPATIBLE[field.type] ?? [enums.get(field.type) ?? field.type]
  if (field.type !== 'Unsupported' && !allowed.includes(type)) problems.push(`${place} is ${field.type}, the column ${column.type}`)
  if (!field.list && field.nullable !== column.nullable)
    problems.push(`${place} is ${field.nullable ? 'optional' : 'required'}, the column ${column.nullable ? 'nullable' : 'NOT NULL'}`)
  return problems
}

function parseModels(source: string): Field[] {
  const models = [...source.matchAll(/^(?:model|view)\s+(\w+)\s*\{\n([\s\S]*?)^\}/gm)]
  const names = new Set(models.map((match) => match[1]!))
  return models.flatMap((match) => {
    const [, model, body] = match as unknown as [string, string, string]
    const table = /@@map\("([^"]+)"\)/.exec(body)?.[1] ?? model
    return body.split('\n').flatMap((line): Field[] => {
      const parts = /^\s+(\w+)\s+(\w+)(\("[^"]*"\))?(\[\])?(\?)?(.*)$/.exec(line)
      // Relations are no columns; block attributes and comments are no fields.
      if (!parts || names.has(parts[2]!)) return []
      const column = /@map\("([^"]+)"\)/.exec(parts[6]!)?.[1] ?? parts[1]!
      return [{ model, table, column, type: parts[2]!, list: parts[4] !== undefined, nullable: parts[5] !== undefined }]
    })
  })
}
