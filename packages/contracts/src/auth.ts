// Public operations of auth: filled by its owner; `index.ts` lists them in `operations`.
export {}
