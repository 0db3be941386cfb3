import { parse } from 'libpg-query'

/** One node of a parse tree, `{ AlterTableStmt: {…} }`, as PostgreSQL's own parser names it. */
type Node = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export interface MigrationText {
  readonly name: string
  readonly sql: string
}

/** `-- contract: 0.3.0`: that release is the last whose code uses what the migration takes away. */
const MARK = /^-- contract: (\d+\.\d+\.\d+)\s*$/m

/**
 * What in a database's migrations, taken in their order, would break the release before while both run (or after a rollback): each line names the
 * migration and the statement. Only adding is allowed (expand); taking away comes later, in a migration marked `-- contract: <last release that
 * uses it>` (contract), and that release must be older than the present one. What the same migration creates it may do with as it likes.
 */
export async function findContractions(migrations: readonly MigrationText[], release: string): Promise<string[]> {
  const problems: string[] = []
  for (const { name, sql } of migrations) {
    const found = findInStatements((await parse(sql)).stmts?.map(({ stmt }) => stmt as unknown as Node) ?? [])
    const lastUser = MARK.exec(sql)?.[1]
    if (lastUser !== undefined && compareReleases(lastUser, release) >= 0) problems.push(`${name}: release ${lastUser} still runs beside or after ${release}`)
    else if (lastUser === undefined) problems.push(...found.map((what) => `${name}: ${what}`))
  }
  return problems
}

function findInStatements(statements: readonly Node[]): string[] {
  const own = new Set<string>()
  return statements.flatMap((statement) => {
    const [kind, body] = Object.entries(statement)[0]!
    const created = nameCreated(kind, body)
    if (created !== undefined) own.add(created)
    const target = nameOf(body.relation)
    if (target !== undefined && own.has(target)) return []
    return judge(kind, body, own)
  })
}

function nameCreated(kind: string, body: Node[string]): string | undefined {
  if (kind === 'CreateStmt' || kind === 'IndexStmt') return kind === 'CreateStmt' ? nameOf(body.relation) : String(body.idxname)
  if (kind === 'CreateFunctionStmt') return joinNames(body.funcname)
  return undefined
}

function judge(kind: string, body: Node[string], own: ReadonlySet<string>): string[] {
  switch (kind) {
    case 'AlterTableStmt':
      return (body.cmds as Node[]).flatMap(({ AlterTableCmd: command }) => judgeCommand(nameOf(body.relation), command!))
    case 'DropStmt':
      return (body.objects as Node[]).map(nameDropped).flatMap((name) => (own.has(name) || isHarmless(body.removeType) ? [] : [`drops ${name}`]))
    case 'RenameStmt':
      return [`renames ${[nameOf(body.relation), body.subname].filter(Boolean).join('.') || 'something'}`]
    case 'TruncateStmt':
      return ['truncates a table']
    case 'AlterEnumStmt':
      return body.oldVal ? [`renames the value ${String(body.oldVal)}`] : []
    case 'IndexStmt':
      return body.unique ? [`makes ${nameOf(body.relation)} refuse what it accepted: unique index ${String(body.idxname)}`] : []
    default:
      return []
  }
}

/** Nothing in code names an index. */
const isHarmless = (removeType: unknown): boolean => removeType === 'OBJECT_INDEX'

function judgeCommand(table: string | undefined, command: Node[string]): string[] {
  const column = `${table}.${String(command.name ?? '')}`
  switch (command.subtype) {
    case 'AT_DropColumn':
      return [`drops ${column}`]
    case 'AT_AlterColumnType':
      return [`changes the type of ${column}`]
    case 'AT_SetNotNull':
      return [`makes ${column} NOT NULL`]
    case 'AT_AddColumn':
      return judgeColumn(table, (command.def as Node).ColumnDef!)
    case 'AT_AddConstraint':
      return [`makes ${table} refuse what it accepted: constraint ${String((command.def as Node).Constraint?.conname ?? '')}`.trimEnd()]
    case 'AT_ColumnDefault':
      return command.def ? [] : [`takes the default from ${column}`]
    default:
      return []
  }
}

/** A new column must be none of the older release's business: it writes rows without it. */
function judgeColumn(table: string | undefined, column: Node[string]): string[] {
  const kinds = ((column.constraints ?? []) as Node[]).map(({ Constraint }) => Constraint?.contype)
  const filled = kinds.some((kind) => kind === 'CONSTR_DEFAULT' || kind === 'CONSTR_GENERATED' || kind === 'CONSTR_IDENTITY')
  return kinds.includes('CONSTR_NOTNULL') && !filled ? [`adds ${table}.${String(column.colname)} NOT NULL without a default`] : []
}

function nameOf(relation: unknown): string | undefined {
  const { schemaname, relname } = (relation ?? {}) as { schemaname?: string; relname?: string }
  return relname === undefined ? undefined : schemaname === undefined ? relname : `${schemaname}.${relname}`
}

const joinNames = (names: unknown): string => ((names ?? []) as Node[]).map(({ String: text }) => String(text?.sval)).join('.')

function nameDropped(object: Node): string {
  if (object.List) return joinNames(object.List.items)
  if (object.ObjectWithArgs) return joinNames(object.ObjectWithArgs.objname)
  return object.String ? String(object.String.sval) : 'something'
}

function compareReleases(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number))
  const index = left!.findIndex((part, at) => part !== right![at])
  return index < 0 ? 0 : left![index]! - right![index]!
}
