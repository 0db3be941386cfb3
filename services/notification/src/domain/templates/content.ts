/** What a message says, before it becomes HTML, text or an inbox item: plain strings only, escaped where they are laid out. */
export interface Content {
  readonly subject: string
  readonly heading: string
  /** The person's name; none for somebody who gave none. */
  readonly greeting?: string
  readonly paragraphs: readonly string[]
  readonly rows: readonly Row[]
  readonly action?: { readonly label: string; readonly url: string }
  /** Small print under the action. */
  readonly notes: readonly string[]
  /** One or two sentences for the inbox. */
  readonly brief: string
}

export interface Row {
  readonly label: string
  readonly value: string
}
