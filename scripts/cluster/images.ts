import { spawnSync } from 'node:child_process'
import { graph } from '@alcove/graph'
import { runCommand } from './run-command.ts'

/** How images are made and brought onto the nodes of the current context. */
interface Commands {
  /** Builds one image; `-t <image> --build-arg SERVICE=<service> <folder>` follows. */
  build: string
  /** Brings one image onto the nodes; its name follows. */
  load: string
}

/**
 * `CLUSTER_BUILD` and `CLUSTER_LOAD` if given; else what fits the context: kind and minikube have commands of their own.
 * @throws {Error} for any other cluster, whose nodes only a registry reaches
 */
export function chooseCommands(env: NodeJS.ProcessEnv, context: string): Commands {
  const { CLUSTER_BUILD: build = 'docker build', CLUSTER_LOAD: load } = env
  if (load) return { build, load }
  if (context.startsWith('kind-')) return { build, load: `kind load docker-image --name ${context.slice('kind-'.length)}` }
  if (context === 'minikube') return { build, load: 'minikube image load' }
  throw new Error(`say in CLUSTER_LOAD how images reach the nodes of ${context || 'the cluster'}, such as "docker push"`)
}

/** Builds and loads the images of all services from a checkout under one tag; the layers that they share are built once. */
export function makeImages({ build, load }: Commands, folder: string, tag: string): void {
  for (const { name } of graph) {
    const image = `alcove/${name}:${tag}`
    runCommand(`${build} -t ${image} --build-arg SERVICE=${name} --build-arg VERSION=${tag}`, [folder])
    runCommand(load, [image])
  }
}

/** The context that kubectl speaks to. */
export function readContext(): string {
  const { status, stdout, error } = spawnSync('kubectl', ['config', 'current-context'], { encoding: 'utf8' })
  if (error) throw new Error('kubectl is not installed and the cluster tests need it')
  if (status !== 0) throw new Error('kubectl has no current context: start a cluster, such as `kind create cluster`, or set KUBECONFIG')
  return stdout.trim()
}
