/** Looks of the documentation page beyond the common ones. */
export const docsStyles = `
#filter{width:100%;padding:10px 12px;border:1px solid var(--line);border-radius:8px;background:var(--card);color:var(--ink);font:inherit}
summary{cursor:pointer;padding:10px 14px;display:flex;gap:10px;align-items:baseline;flex-wrap:wrap}summary::-webkit-details-marker{display:none}
.verb{font:600 12px ui-monospace,monospace;min-width:58px;padding:2px 6px;border-radius:5px;color:#fff;text-align:center}
.GET{background:#2f6fb0}.POST{background:#1f7a4d}.PUT{background:#96690e}.PATCH{background:#7a5bb0}.DELETE{background:#b03a3a}
.path{font:600 13px ui-monospace,monospace}.role{margin-left:auto;font-size:12px;color:var(--dim);border:1px solid var(--line);border-radius:99px;padding:0 8px}
.inside{padding:4px 16px 14px;border-top:1px solid var(--line)}h3{font-size:13px;text-transform:uppercase;letter-spacing:.05em;color:var(--dim);margin:16px 0 4px}
`

/** Builds the page from the document with DOM calls only: nothing of the document is ever parsed as HTML. */
export const docsScript = `
const el=(tag,attributes,...children)=>{const node=document.createElement(tag);Object.assign(node,attributes);node.append(...children.filter(Boolean));return node}
const typeOf=(schema)=>{
  if(!schema)return 'any'
  if(schema.$ref)return schema.$ref.split('/').pop()
  if(schema.const!==undefined)return JSON.stringify(schema.const)
  if(schema.enum)return schema.enum.map((word)=>JSON.stringify(word)).join(' | ')
  const union=schema.anyOf||schema.oneOf
  if(union)return union.map(typeOf).join(' | ')
  if(schema.type==='array')return typeOf(schema.items)+'[]'
  return (schema.type||'any')+(schema.format?' ('+schema.format+')':'')
}
const limitsOf=(schema)=>['minimum','maximum','minLength','maxLength','minItems','maxItems','pattern','default'].filter((key)=>schema[key]!==undefined).map((key)=>key+' '+schema[key]).join(', ')
let root
const deref=(node)=>node&&node.$ref?node.$ref.split('/').slice(1).reduce((at,key)=>at[key.replaceAll('~1','/').replaceAll('~0','~')],root):node
const rowsOf=(given,depth,path)=>{
  const schema=deref(given),rows=[]
  for(const branch of schema.anyOf||schema.oneOf||[])if(depth<4)rows.push(...rowsOf(branch,depth,path))
  const items=schema.type==='array'&&schema.items
  if(items&&depth<4)rows.push(...rowsOf(items,depth+1,path+'[]'))
  for(const [name,member] of Object.entries(schema.properties||{})){
    const full=path?path+'.'+name:name
    rows.push(el('tr',{},el('td',{},el('code',{},full),(schema.required||[]).includes(name)?'':' ?'),el('td',{},typeOf(member)),el('td',{className:'dim'},[member.description,limitsOf(member)].filter(Boolean).join(' · '))))
    if(depth<4)rows.push(...rowsOf(member,depth+1,full))
  }
  return rows
}
const table=(rows)=>rows.length?el('table',{},...rows):null
const shape=(schema)=>table(rowsOf(schema,0,''))||el('p',{},el('code',{},typeOf(schema)))
const section=(title,...content)=>el('div',{},el('h3',{},title),...content)
function detail(op){
  const box=el('div',{className:'inside'})
  if(op.description)box.append(el('p',{},op.description.replaceAll('\`','')))
  const parameters=(op.parameters||[]).map(deref)
  if(parameters.length)box.append(section('Parameters',table(parameters.map((each)=>el('tr',{},el('td',{},el('code',{},each.name),each.required?'':' ?'),el('td',{},each.in+' · '+typeOf(each.schema)),el('td',{className:'dim'},[each.description,limitsOf(each.schema)].filter(Boolean).join(' · ')))))))
  if(op.requestBody)box.append(section('Body',shape(op.requestBody.content['application/json'].schema)))
  for(const [status,given] of Object.entries(op.responses)){
    if(status>=400)continue
    const answer=deref(given)
    const content=answer.content&&Object.entries(answer.content)[0]
    box.append(section('Answer '+status+(content?' · '+content[0]:''),content?shape(content[1].schema):el('p',{className:'dim'},'no body')))
  }
  const refusals=Object.entries(op.responses).filter(([status])=>status>=400)
  box.append(section('Problems',table(refusals.map(([status,answer])=>el('tr',{},el('td',{},status),el('td',{},deref(answer).description.replaceAll('\`','')))))))
  return box
}
function card(method,path,op){
  const role=/role (\\S+)\\./.exec((op.description||'').replaceAll('\`',''))
  const node=el('details',{className:'card'},el('summary',{},el('span',{className:'verb '+method},method),el('span',{className:'path'},path),el('span',{className:'dim'},op.summary),el('span',{className:'role'},role?role[1]:op.security.length?'signed in':'public')))
  node.addEventListener('toggle',()=>{if(node.open&&!node.dataset.built){node.dataset.built='1';node.append(detail(op))}})
  node.dataset.words=[method,path,op.summary,op.operationId,node.textContent].join(' ').toLowerCase()
  return node
}
fetch('/api/openapi.json').then((answer)=>answer.json()).then((loaded)=>{
  root=loaded
  document.getElementById('about').textContent=root.info.description.replaceAll('\`','')+' Version '+root.info.version+'.'
  const target=document.getElementById('operations'),groups=new Map()
  for(const {name,description} of root.tags){const group=el('section',{},el('h2',{},name),el('p',{className:'dim'},description));groups.set(name,group);target.append(group)}
  for(const [path,methods] of Object.entries(root.paths))for(const [method,op] of Object.entries(methods))groups.get(op.tags[0]).append(card(method.toUpperCase(),path,op))
  document.getElementById('filter').addEventListener('input',(event)=>{
    const words=event.target.value.toLowerCase().split(/\\s+/)
    for(const group of groups.values()){
      let shown=0
      for(const node of group.querySelectorAll('details')){node.hidden=!words.every((word)=>node.dataset.words.includes(word));if(!node.hidden)shown+=1}
      group.hidden=shown===0
    }
  })
}).catch((error)=>{document.getElementById('about').textContent='The description could not be loaded: '+error.message})
`
