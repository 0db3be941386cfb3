// Public operations of booking: filled by its owner; `index.ts` lists them in `operations`.
export {}
