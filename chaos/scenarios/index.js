import { kicked } from './kicked.js'

export const scenarios = [kicked]
