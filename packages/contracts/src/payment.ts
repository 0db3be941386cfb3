// Public operations of payment: filled by its owner; `index.ts` lists them in `operations`.
export {}
