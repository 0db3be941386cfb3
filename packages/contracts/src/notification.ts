// Public operations of notification: filled by its owner; `index.ts` lists them in `operations`.
export {}
