/** What the lists show, as far as the API says it. */

export interface Permission {
  id: string;
  state: "asked" | "approved" | "declined" | "expired" | "revoked";
  asked_by: string;
  asset_ids: string[];
  use: string;
  production: string;
  territory: string;
  without_label: boolean;
  consent_id: string | null;
  decided_by: string;
  decided: number | null;
  reason: string;
  expires: number | null;
  created: number;
}

export interface Consent {
  id: string;
  record_id: string;
  subject: string;
  state: string;
  valid_until: number;
  created_by: string;
  created: number;
  record?: Record<string, unknown>;
}

export interface AuditEntry {
  id: number;
  created: number;
  who: string;
  address?: string;
  action: string;
  thing: string;
  outcome: string;
  more: Record<string, unknown>;
}

export interface Model {
  name: string;
  task: string;
  summary: string;
  vendor: string;
  origin: string;
  licence: string;
  commercial_use: boolean;
  is_bundled: boolean;
  size_bytes: number;
}

export interface User {
  id: string;
  name: string;
  email: string;
  is_admin: boolean;
  is_active: boolean;
  created: number;
}

export interface Member {
  user_id: string;
  name: string;
  roles: string[];
}
