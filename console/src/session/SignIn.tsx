/** The way in. */
import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { signIn } from "../api/calls";
import { LanguageButton, ThemeButton } from "../app/Preferences";
import { useI18n } from "../i18n/i18n";
import { LogoMark, Wordmark } from "../ui/Logo";
import { problemText } from "../ui/problem";
import { useTitle } from "../ui/useTitle";
import { useSetSession } from "./session";
import "./sign-in.css";

export default function SignIn() {
  const { t } = useI18n();
  const setSession = useSetSession();
  const enter = useMutation({ mutationFn: signIn, onSuccess: setSession });
  useTitle(t("signIn.title"));
  return (
    <main className="sign-in">
      <section className="sign-in-side" aria-hidden="true">
        <VineDrawing />
        <p className="sign-in-claim">{t("signIn.claim")}</p>
        <p className="sign-in-loop">{t("signIn.loop")}</p>
      </section>
      <section className="sign-in-main">
        <div className="sign-in-preferences">
          <LanguageButton />
          <ThemeButton />
        </div>
        <div className="sign-in-card">
          <div className="sign-in-brand">
            <LogoMark size={36} />
            <Wordmark />
          </div>
          <h1>{t("signIn.title")}</h1>
          <Form
            layout="vertical"
            requiredMark={false}
            onFinish={(values: { email: string; password: string }) => enter.mutate(values)}
          >
            {enter.isError && <Alert type="error" showIcon title={problemText(enter.error, t)} role="alert" />}
            <Form.Item
              name="email"
              label={t("account.email")}
              rules={[{ required: true, message: t("form.required") }]}
            >
              <Input type="email" autoComplete="username" autoFocus size="large" />
            </Form.Item>
            <Form.Item
              name="password"
              label={t("account.password")}
              rules={[{ required: true, message: t("form.required") }]}
            >
              <Input.Password autoComplete="current-password" size="large" />
            </Form.Item>
            <Button type="primary" htmlType="submit" size="large" block loading={enter.isPending}>
              {t("signIn.action")}
            </Button>
          </Form>
          <p className="sign-in-hint">{t("signIn.hint")}</p>
        </div>
      </section>
    </main>
  );
}

/** A vine that shares itself on: one stem, and every leaf a stem again. */
function VineDrawing() {
  const leaves: [number, number, number, number][] = [
    [118, 404, -58, 1.1],
    [196, 352, 38, 1.25],
    [128, 300, -72, 1],
    [226, 254, 52, 1.15],
    [150, 212, -46, 1.2],
    [252, 166, 64, 0.95],
    [196, 122, -22, 1.05],
    [286, 36, 58, 0.9],
  ];
  return (
    <svg viewBox="0 0 400 520" className="vine-drawing" aria-hidden="true" focusable="false">
      <g fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" opacity=".55">
        <path d="M150 520C150 440 160 400 160 352S178 262 186 212s10-64 34-108 38-52 66-68" />
        <path d="M157 404c-14-2-26-2-39 0M161 352c12-4 22-4 35 0M168 300c-14-6-26-6-40 0M178 254c18-8 32-8 48 0M186 212c-12-6-24-6-36 0M193 170c22-12 40-12 59-4M207 130c-3-5-6-7-11-8" />
      </g>
      <g fill="currentColor">
        {leaves.map(([x, y, turn, size]) => (
          <path
            key={`${x}-${y}`}
            transform={`translate(${x} ${y}) rotate(${turn}) scale(${size})`}
            d="M0 0C-13-16-13-36 0-54 13-36 13-16 0 0Z"
            opacity={0.35 + size / 3}
          />
        ))}
      </g>
    </svg>
  );
}
