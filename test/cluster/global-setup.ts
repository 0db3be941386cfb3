import { chooseCommands, makeImages, readContext } from '../../scripts/cluster/images.ts'
import { root } from '../../scripts/charts/tools.ts'
import { removeNamespace, tag } from './cluster.ts'

/** Images of this checkout on the nodes, and nothing left behind. `CLUSTER_IMAGES=loaded`: they are there already. */
export default function setup(): () => void {
  const commands = chooseCommands(process.env, readContext())
  if (process.env.CLUSTER_IMAGES !== 'loaded') makeImages(commands, root, tag)
  return () => {
    if (process.env.CLUSTER_KEEP !== 'on') removeNamespace()
  }
}
