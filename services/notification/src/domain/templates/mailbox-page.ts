import { mailboxScript } from './mailbox-script.ts'

/**
 * What the page may do: its own style and script, asking its own address, nothing else. A mail's HTML stands in a
 * sandboxed frame that inherits this, so nothing in a mail runs or loads.
 */
export function toPagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    `script-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    'img-src data:',
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join('; ')
}

/** The mailbox for people: list on the left, the mail on the right, one above the other on a phone. It fills itself from the same address as JSON. */
export function renderMailboxPage(nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Mailbox – Alcove</title>
<style>${style}</style>
</head>
<body>
<header>
  <h1>Alcove <span>Mailbox</span></h1>
  <label class="filter"><span class="visually-hidden">Recipient</span><input id="to" type="search" placeholder="Filter by recipient" autocomplete="off" maxlength="254"></label>
  <p id="state" role="status" aria-live="polite"></p>
</header>
<main>
  <nav aria-label="Mails"><ul id="list"></ul><p id="empty" hidden>No mail yet. What Alcove would send appears here by itself.</p><button id="more" type="button" hidden>Show older</button></nav>
  <section id="mail" aria-label="Mail" hidden>
    <div class="head">
      <button id="back" type="button">← All mails</button>
      <h2 id="subject"></h2>
      <dl><dt>To</dt><dd id="recipient"></dd><dt>At</dt><dd id="at"></dd><dt>Event</dt><dd id="event"></dd></dl>
      <div class="tabs" role="tablist"><button id="tab-html" type="button" role="tab" aria-selected="true" aria-controls="html">HTML</button><button id="tab-text" type="button" role="tab" aria-selected="false" aria-controls="text">Text</button></div>
    </div>
    <iframe id="html" title="The mail as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"></iframe>
    <pre id="text" hidden></pre>
  </section>
  <section id="none" class="none"><p>Choose a mail to read it.</p></section>
</main>
<noscript><p style="padding:1rem">This page needs scripts; <code>Accept: application/json</code> answers the same mails as JSON.</p></noscript>
<script nonce="${nonce}">${mailboxScript}</script>
</body>
</html>
`
}

const style = `
:root{--ink:#1d2733;--faint:#5b6775;--accent:#0f6b5c;--line:#e3e8ec;--ground:#f3f6f7;--paper:#fff;--chosen:#e6f2ef}
*{box-sizing:border-box}
html,body{height:100%;margin:0}
body{display:flex;flex-direction:column;background:var(--ground);color:var(--ink);font:15px/1.45 -apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
.visually-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
[hidden]{display:none!important}
header{display:flex;align-items:center;gap:16px;padding:10px 16px;background:var(--paper);border-bottom:1px solid var(--line)}
h1{margin:0;font-size:17px;color:var(--accent);white-space:nowrap}
h1 span{font-weight:400;color:var(--faint)}
.filter{flex:0 1 320px}
input{width:100%;padding:8px 12px;border:1px solid var(--line);border-radius:8px;background:var(--ground);font:inherit;color:inherit}
#state{margin:0 0 0 auto;color:var(--faint);font-size:13px;white-space:nowrap}
#state.bad{color:#a4262c}
main{flex:1;min-height:0;display:grid;grid-template-columns:minmax(260px,360px) 1fr}
nav{min-height:0;overflow:auto;background:var(--paper);border-right:1px solid var(--line)}
ul{list-style:none;margin:0;padding:0}
li button{display:block;width:100%;padding:11px 16px;border:0;border-bottom:1px solid var(--line);border-left:3px solid transparent;background:none;color:inherit;font:inherit;text-align:left;cursor:pointer}
li button:hover{background:var(--ground)}
li button[aria-current=true]{background:var(--chosen);border-left-color:var(--accent)}
li .subject{display:block;font-weight:600;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
li .line{display:flex;gap:12px;justify-content:space-between;color:var(--faint);font-size:13px}
li .to{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
li time{white-space:nowrap}
#empty{padding:24px 16px;color:var(--faint)}
#more{display:block;width:100%;padding:12px;border:0;background:none;color:var(--accent);font:inherit;cursor:pointer}
section{min-width:0;min-height:0;display:flex;flex-direction:column}
.none{align-items:center;justify-content:center;color:var(--faint)}
.head{padding:16px 20px 0;background:var(--paper);border-bottom:1px solid var(--line)}
h2{margin:0 0 8px;font-size:19px;line-height:1.3;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:auto 1fr;gap:2px 12px;margin:0 0 10px;font-size:13px}
dt{color:var(--faint)}
dd{margin:0;overflow-wrap:anywhere}
.tabs button{padding:8px 14px;border:0;border-bottom:2px solid transparent;background:none;color:var(--faint);font:inherit;cursor:pointer}
.tabs button[aria-selected=true]{color:var(--accent);border-bottom-color:var(--accent);font-weight:600}
iframe{flex:1;width:100%;border:0;background:var(--ground)}
pre{flex:1;margin:0;padding:20px;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere;background:var(--paper);font:14px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
#back{display:none;margin:0 0 10px;padding:6px 0;border:0;background:none;color:var(--accent);font:inherit;cursor:pointer}
button:focus-visible,input:focus-visible{outline:2px solid var(--accent);outline-offset:-2px}
@media (max-width:760px){
 header{flex-wrap:wrap;gap:8px 16px}
 .filter{flex:1 0 100%;order:3}
 main{grid-template-columns:1fr}
 nav{border-right:0}
 .none{display:none}
 body.reading nav{display:none}
 body:not(.reading) #mail{display:none}
 #back{display:inline-block}
}
`
