/** The roles, worded for a select. */
import type { Role } from "../api/types";
import { useI18n } from "../i18n/i18n";

const roles: Role[] = ["analyst", "operator", "owner"];

export function useRoleOptions(): { value: Role; label: string }[] {
  const { t } = useI18n();
  return roles.map((role) => ({ value: role, label: t(`role.${role}`) }));
}
