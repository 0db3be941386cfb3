import { chooseCommands, makeImages, readContext } from '../../scripts/cluster/images.ts'
import { root } from '../../scripts/charts/tools.ts'
import { makeNamespace, removeNamespace, tag } from './cluster.ts'

/** Images of this checkout on the nodes, and an empty namespace. `CLUSTER_IMAGES=loaded`: they are there already. */
export default function setup(): () => void {
  const commands = chooseCommands(process.env, readContext())
  if (process.env.CLUSTER_IMAGES !== 'loaded') makeImages(commands, root, tag)
  makeNamespace()
  return () => {
    if (process.env.CLUSTER_KEEP !== 'on') removeNamespace()
  }
}
