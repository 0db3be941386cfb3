import { malformed } from '@alcove/kit'

export const cursorInvalid = () => malformed([{ pointer: '/cursor', code: 'cursor-invalid', detail: 'the cursor is not one that this list gave' }])
