import { graph } from '@alcove/graph'
import { describe, expect, it } from 'vitest'
import { fillMarkers, renderPicture, renderSketch, renderTopics } from './render-docs.ts'

describe('pictures', () => {
  it('show every service once and every call, topic and outer host', () => {
    const picture = renderPicture(graph)
    for (const { name, port, calls, produces, external = [] } of graph) {
      expect(picture.split(`${name}[${name} :${port}<br/>`)).toHaveLength(2)
      if (calls.length > 0) expect(picture).toContain(`  ${name} --> ${calls.join(' & ')}\n`)
      if (produces) expect(renderTopics(graph)).toContain(`| \`${produces}\` | ${name} | 12 | 14 days |`)
      for (const host of external) expect(picture).toContain(`  ${name} --> ${host.name}(`)
    }
    for (const { name } of graph) expect(renderSketch(graph)).toContain(`${name}[${name} :`)
  })

  it('change with the graph', () => {
    const changed = graph.map((node) => (node.name === 'user' ? { ...node, calls: ['auth', 'payment'] } : node))
    expect(renderPicture(changed)).toContain('  user --> auth & payment\n')
    expect(renderPicture(changed)).not.toBe(renderPicture(graph))
  })
})

describe('markers', () => {
  it('keep what is around them, and take their block again and again', () => {
    const text = 'before\n<!-- graph:picture -->\nold\n<!-- /graph:picture -->\nafter\n'
    const filled = 'before\n<!-- graph:picture -->\nnew\n<!-- /graph:picture -->\nafter\n'
    expect(fillMarkers(text, { picture: 'new\n' })).toBe(filled)
    expect(fillMarkers(filled, { picture: 'new\n' })).toBe(filled)
  })

  it('that are gone are missed', () => {
    expect(() => fillMarkers('nothing', { picture: 'new\n' })).toThrow('the markers of graph:picture are gone')
  })
})
