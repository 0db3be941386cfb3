import Type, { type TStringOptions } from 'typebox'

/*
 * What a person writes and another person reads. JSON Schema leaves formats to whoever checks them; the kit registers these for every
 * request. Answers never carry them: what was stored before a rule came stays readable.
 */

/** Controls (C0, C1, line and paragraph separators), and characters that no text is made of: broken into lines or lost in mails, logs and lists. */
const controls = /[\p{Cc}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\ufff9-\ufffb]/u
/** The same without the ones that break a text into lines. */
const controlsInText = /[^\P{Cc}\t\n\r]|[\p{Noncharacter_Code_Point}\ufff9-\ufffb]/u
/**
 * Embeddings, overrides and isolates, and the deprecated ones beside them: they turn around what stands after the name, in whoever's line it is
 * shown (UTS 55, Trojan Source). The marks U+200E, U+200F and U+061C only say where a neutral character belongs and are needed in mixed names.
 */
const bidiControls = /[\u202a-\u202e\u2066-\u206f]/u
/** Tags spell invisible words. They are for flags alone: a flag, lower-case letters and digits, an end. */
const tags = /[\u{e0000}-\u{e007f}]/u
const tagFlags = /\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{1,16}\u{e007f}/gu
/** One character that leaves a trace: not white space, not ignorable, not a mark without its letter, not the blank Braille cell. */
const visible = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{M}\p{Noncharacter_Code_Point}\u2800]/u

function describeUnfit(value: string, breaking: RegExp, whatBreaks: string): string | undefined {
  if (breaking.test(value)) return `must not contain ${whatBreaks}`
  if (bidiControls.test(value)) return 'must not contain characters that turn the direction of text around'
  if (tags.test(value) && tags.test(value.replace(tagFlags, ''))) return 'must not contain invisible tag characters'
  return undefined
}

const describeInvisible = (value: string) => (value === '' || visible.test(value) ? undefined : 'must contain a visible character')

/** What is wrong with a text under one of these formats, as a sentence's end; undefined: nothing. Each runs in linear time; an empty text is a matter of length. */
export const textFormats = {
  /** One line. */
  line: (value: string) => describeUnfit(value, controls, 'control characters or line breaks') ?? describeInvisible(value),
  /** Some lines. */
  text: (value: string) => describeUnfit(value, controlsInText, 'control characters') ?? describeInvisible(value),
} satisfies Record<string, (value: string) => string | undefined>
export type TextFormat = keyof typeof textFormats

type Sizes = TStringOptions & { maxLength: number }

/** The name of something or somebody, shown to others: one line of visible text in any script. */
export const nameOf = ({ minLength = 1, ...options }: Sizes) => Type.String({ ...options, minLength, format: 'line' })
/** One line of free text that may be empty. */
export const lineOf = (options: Sizes) => Type.String({ ...options, format: 'line' })
/** Free text of some lines that may be empty. */
export const textOf = (options: Sizes) => Type.String({ ...options, format: 'text' })
