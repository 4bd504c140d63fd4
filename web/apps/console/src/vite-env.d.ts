/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** "1" answers every request from src/mocks; development only. */
  readonly VITE_MOCK?: string;
}
