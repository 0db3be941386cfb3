import { buildTool, toolNames } from '../../scripts/charts/tools.ts'

/** Before any worker starts: two of them would compile the same program twice. */
export function setup(): void {
  for (const name of toolNames) buildTool(name)
}
