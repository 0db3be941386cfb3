// Public operations of user: filled by its owner; `index.ts` lists them in `operations`.
export {}
