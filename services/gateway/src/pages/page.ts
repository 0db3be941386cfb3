import { createHash } from 'node:crypto'

/** A page with the headers that keep it harmless: nothing is loaded or run but what it brings itself. */
export interface Page {
  body: string
  headers: Record<string, string>
}

const style = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1c2430;--dim:#5b6675;--line:#dfe3e8;--accent:#1f6f5c;--code:#eef1f4}
@media(prefers-color-scheme:dark){:root{--bg:#14181d;--card:#1c2229;--ink:#e6eaef;--dim:#98a3b1;--line:#2c343d;--accent:#6cc7ae;--code:#252c34}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.55 system-ui,sans-serif}
main{max-width:960px;margin:0 auto;padding:32px 20px 80px}h1{font-size:28px;margin:0 0 4px}h2{font-size:18px;margin:36px 0 8px}
p{margin:8px 0}a{color:var(--accent)}.dim{color:var(--dim)}code,pre{font-family:ui-monospace,Menlo,monospace;font-size:13px}
code{background:var(--code);padding:1px 5px;border-radius:4px}pre{background:var(--code);padding:12px;border-radius:8px;overflow:auto;margin:8px 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:8px 0}.card.pad{padding:14px 16px}
ul{padding-left:20px}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:6px 8px;border-top:1px solid var(--line);vertical-align:top}
`

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** Renders a page around a piece of trusted HTML; `styles` and `script` are added inline and allowed by their hash. */
export function renderPage(options: { title: string; content: string; styles?: string; script?: string }): Page {
  const { title, content, styles = '', script } = options
  const css = style + styles
  const policy = [
    "default-src 'none'",
    `style-src ${hash(css)}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    ...(script ? [`script-src ${hash(script)}`] : []),
  ]
  const body =
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">` +
    `<title>${escapeHtml(title)}</title><style>${css}</style></head><body><main>${content}</main>${script ? `<script>${script}</script>` : ''}</body></html>\n`
  return { body, headers: { 'content-security-policy': policy.join('; '), 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' } }
}
