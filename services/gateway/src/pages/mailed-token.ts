import { renderPage, type Page } from './page.ts'

const styles = `
form{max-width:420px;padding:18px 20px}label{display:block;margin:0 0 10px}
input{width:100%;padding:10px 12px;border:1px solid var(--line);border-radius:8px;background:var(--bg);color:var(--ink);font:inherit}
button{padding:10px 20px;border:0;border-radius:8px;background:var(--accent);color:var(--bg);font:inherit;font-weight:600;cursor:pointer}
button[disabled]{opacity:.6;cursor:default}#outcome:empty{display:none}#outcome{margin-top:12px}
`

/**
 * Sends the token from the address, which it leaves at once so that no history keeps it, and shows the answer as text. Mails written before tokens stood in the
 * fragment have it in the query.
 */
const script = `
const form=document.querySelector('form'),outcome=document.getElementById('outcome'),button=form.querySelector('button')
const token=new URLSearchParams(location.hash.slice(1)).get('token')||new URLSearchParams(location.search).get('token')
history.replaceState(null,'',location.pathname)
if(!token){button.disabled=true;outcome.textContent='The link is not complete. Copy it from the mail as a whole.'}
form.addEventListener('submit',async(event)=>{
  event.preventDefault()
  button.disabled=true
  const password=form.elements.password
  try{
    const answer=await fetch(form.dataset.path,{method:'POST',headers:{'content-type':'application/json'},body:JSON.stringify({token,...(password?{password:password.value}:{})})})
    if(answer.ok){form.querySelectorAll('label,button').forEach((node)=>{node.hidden=true});outcome.textContent=form.dataset.done;return}
    const problem=await answer.json()
    outcome.textContent=[problem.detail,...(problem.errors||[]).filter((error)=>error.pointer==='/password').map((error)=>'The password '+error.detail+'.')].join(' ')
  }catch{outcome.textContent='Alcove cannot be reached. Try again in a moment.'}
  button.disabled=false
})
`

/** The page a verification mail leads to: one button, since mail programs open links by themselves. */
export function renderVerifyEmailPage(): Page {
  const form = { path: '/api/v1/auth/verify-email', done: 'Your address is confirmed. You can log in now.' }
  return renderTokenPage({ title: 'Confirm your e-mail address', form, fields: '', button: 'Confirm address' })
}

/** The page a password reset mail leads to. */
export function renderResetPasswordPage(): Page {
  const form = { path: '/api/v1/auth/password/reset', done: 'Your password is changed and every session has ended. You can log in with the new one.' }
  const fields = '<label>New password <input name="password" type="password" autocomplete="new-password" required minlength="8" maxlength="128"></label>'
  return renderTokenPage({ title: 'Choose a new password', form, fields, button: 'Save password' })
}

function renderTokenPage(page: { title: string; form: { path: string; done: string }; fields: string; button: string }): Page {
  const { title, form, fields, button } = page
  const content =
    `<h1>${title}</h1><form class="card" data-path="${form.path}" data-done="${form.done}">${fields}<button type="submit">${button}</button>` +
    '<p id="outcome" role="status"></p></form><noscript><p>This page needs JavaScript; the mail also holds the token for the API.</p></noscript>'
  return renderPage({ title: `${title} · Alcove`, content, styles, script })
}
