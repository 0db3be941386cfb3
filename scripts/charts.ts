import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderDashboard } from './charts/dashboards/dashboard.ts'
import { dashboards } from './charts/dashboards/dashboards.ts'
import { renderKustomization } from './charts/kustomization.ts'
import { renderSchemas } from './charts/render-schemas.ts'

// `pnpm charts:generate` writes what of the charts is derived; `pnpm charts:check` fails where it differs.
const root = fileURLToPath(new URL('..', import.meta.url))

const drawn = dashboards.map((dashboard): [string, string] => [`charts/alcove/files/dashboards/${dashboard.uid}.json`, renderDashboard(dashboard)])
const mounted: [string, string] = ['k8s/monitoring/kustomization.yaml', renderKustomization(root)]
const stale = [...(await renderSchemas(root)), ...drawn, mounted].filter(
  ([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
)
if (process.argv.includes('--write')) for (const [path, text] of stale) writeFileSync(join(root, path), text)
else if (stale.length > 0) {
  console.error(
    `not what values.yaml, the services' configuration, the rules and scripts/charts/dashboards say: ${stale.map(([path]) => path).join(', ')}. Run \`pnpm charts:generate\``,
  )
  process.exitCode = 1
}
