export { createJobs, type JobsOptions, type Sweep } from './jobs.ts'
