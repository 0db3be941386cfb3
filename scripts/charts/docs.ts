import { buildTool, chartPath, root, run } from './tools.ts'

// The READMEs of the library and the umbrella from their annotated values; `make test-charts` fails where they differ.
run(buildTool('helm-docs'), ['--chart-search-root', chartPath(''), '--chart-to-generate', `${chartPath('service')},${chartPath('alcove')}`], root)
