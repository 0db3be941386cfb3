import type { Content, Row } from './content.ts'

const sans = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
const ink = '#1d2733'
const faint = '#5b6775'
const accent = '#0f6b5c'
const line = '#e3e8ec'
const ground = '#f3f6f7'

/**
 * The HTML of a message: one column, tables and inline styles only (mail programs drop style sheets), nothing loaded
 * from elsewhere. Every string of the content is escaped here and nowhere else.
 */
export function toHtml(content: Content): string {
  const paragraphs = [...(content.greeting ? [`Hello ${content.greeting},`] : []), ...content.paragraphs]
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light"><title>${escapeHtml(content.subject)}</title></head>
<body style="margin:0;padding:0;background:${ground};color:${ink};font-family:${sans};-webkit-text-size-adjust:100%">
<div style="display:none;max-height:0;overflow:hidden">${escapeHtml(content.brief)}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:${ground}"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px">
<tr><td style="padding:4px 8px 16px;font-size:17px;font-weight:700;letter-spacing:.02em;color:${accent}">Alcove</td></tr>
<tr><td style="background:#ffffff;border:1px solid ${line};border-radius:12px;padding:28px 24px">
<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3;color:${ink}">${escapeHtml(content.heading)}</h1>
${paragraphs.map((text) => `<p style="margin:0 0 14px;font-size:16px;line-height:1.55">${escapeHtml(text)}</p>`).join('\n')}
${toTable(content.rows)}${toButton(content.action)}
${content.notes.map((text) => `<p style="margin:14px 0 0;font-size:13px;line-height:1.5;color:${faint}">${escapeHtml(text)}</p>`).join('\n')}
</td></tr>
<tr><td style="padding:16px 8px;font-size:12px;line-height:1.5;color:${faint}">Sent by Alcove, the booking service of your workspace. This address is not read.</td></tr>
</table>
</td></tr></table>
</body></html>
`
}

/** The same message as plain text. */
export function toText(content: Content): string {
  const width = Math.max(0, ...content.rows.map((row) => row.label.length)) + 1
  const blocks = [
    content.heading,
    ...(content.greeting ? [`Hello ${oneLine(content.greeting)},`] : []),
    ...content.paragraphs.map(oneLine),
    content.rows.map((row) => `${`${row.label}:`.padEnd(width)} ${oneLine(row.value)}`).join('\n'),
    content.action ? `${content.action.label}:\n${content.action.url}` : '',
    ...content.notes.map(oneLine),
    '-- \nAlcove',
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

/** A subject is a header: a line break in a name must not start another one. */
export function toSubject(content: Content): string {
  return oneLine(content.subject).slice(0, 200)
}

/** Replaces what has a meaning in HTML text and quoted attributes, and what no HTML document may hold. */
export function escapeHtml(text: string): string {
  return withoutControls(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')
}

/** A URL for `href`: http and https only, or nothing. */
export function toHref(url: string): string {
  return /^https?:\/\//i.test(url) ? escapeHtml(url) : ''
}

function toTable(rows: readonly Row[]): string {
  if (rows.length === 0) return ''
  const cells = rows.map(
    (row) =>
      `<tr><td style="padding:9px 12px 9px 0;border-top:1px solid ${line};font-size:14px;line-height:1.45;color:${faint};vertical-align:top;white-space:nowrap">${escapeHtml(row.label)}</td>` +
      `<td style="padding:9px 0;border-top:1px solid ${line};font-size:15px;line-height:1.45;vertical-align:top;word-break:break-word">${escapeHtml(row.value)}</td></tr>`,
  )
  return `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="margin:6px 0 8px;border-bottom:1px solid ${line}">${cells.join('')}</table>`
}

function toButton(action: Content['action']): string {
  if (!action) return ''
  const href = toHref(action.url)
  return (
    `<p style="margin:20px 0 8px"><a href="${href}" style="display:inline-block;padding:12px 22px;border-radius:8px;background:${accent};color:#ffffff;font-size:15px;font-weight:600;text-decoration:none">${escapeHtml(action.label)}</a></p>` +
    `<p style="margin:0;font-size:12px;line-height:1.5;color:${faint};word-break:break-all">${href}</p>`
  )
}

function oneLine(text: string): string {
  return withoutControls(text).replaceAll(/\s+/g, ' ').trim()
}

function withoutControls(text: string): string {
  // C0 and C1 controls, and the marks that turn the direction of the text after them.
  return text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '')
}
