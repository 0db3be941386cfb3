import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** k8s/monitoring/kustomization.yaml: kustomize takes no patterns, so every rule and dashboard of the chart is named. */
export function renderKustomization(root: string): string {
  const generators = ['rules', 'dashboards'].map((kind) => {
    const files = readdirSync(join(root, 'charts/alcove/files', kind)).toSorted()
    return [`  - name: alcove-${kind}`, '    namespace: monitoring', '    files:', ...files.map((file) => `      - ../../charts/alcove/files/${kind}/${file}`)]
  })
  return `# A Prometheus and a Grafana to try, with Alcove's own rules and dashboards. These lie with the chart, outside of this folder:
#   kubectl kustomize --load-restrictor LoadRestrictionsNone k8s/monitoring | kubectl apply --filename -
# Written by \`pnpm charts:generate\`.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [prometheus.yaml, grafana.yaml]
configMapGenerator:
${generators.flat().join('\n')}
`
}
