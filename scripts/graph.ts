import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readGraph } from './graph/read.ts'
import { renderChartGraph } from './graph/render-chart.ts'
import { renderCompose } from './graph/render-compose.ts'
import { fillMarkers, renderPicture, renderSketch, renderTopics } from './graph/render-docs.ts'
import { renderGraph } from './graph/render.ts'

// `pnpm graph:generate` writes what is derived from services/*/service.yaml; `pnpm graph:check` fails where it differs.
const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '')

try {
  const graph = readGraph(root)
  const targets = [
    { path: 'packages/graph/src/graph.generated.ts', render: () => renderGraph(graph) },
    { path: 'charts/service/templates/_graph.tpl', render: () => renderChartGraph(graph) },
    { path: 'compose.yaml', render: () => renderCompose(graph) },
    { path: 'docs/architecture.md', render: () => fillMarkers(read('docs/architecture.md'), { picture: renderPicture(graph), topics: renderTopics(graph) }) },
    { path: 'README.md', render: () => fillMarkers(read('README.md'), { sketch: renderSketch(graph) }) },
  ]
  const stale = targets.filter(({ path, render }) => read(path) !== render())
  if (process.argv.includes('--write')) for (const { path, render } of stale) writeFileSync(join(root, path), render())
  else if (stale.length > 0) throw new Error(`not what services/*/service.yaml say: ${stale.map(({ path }) => path).join(', ')}. Run \`pnpm graph:generate\``)
} catch (error) {
  console.error((error as Error).message)
  process.exit(1)
}
