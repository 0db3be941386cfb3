import { malformed } from '@alcove/kit'

export const rangeReversed = () => malformed([{ pointer: '/to', code: 'range-reversed', detail: 'to must be after from' }])
export const rangeTooLong = (daysMax: number) => malformed([{ pointer: '/to', code: 'range-too-long', detail: `a report covers at most ${daysMax} days` }])
export const cursorInvalid = () => malformed([{ pointer: '/cursor', code: 'cursor-invalid', detail: 'the cursor is not one that this list gave' }])
