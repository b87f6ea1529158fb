import "./login.css";
import { LockOutlined, UserOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input } from "antd";
import { useEffect } from "react";
import { useLocation, useNavigate } from "react-router";
import { Brand } from "../../app/Brand";
import { LanguageSwitch } from "../../app/LanguageSwitch";
import { answered, api } from "../../api/client";
import { ME } from "../../api/keys";
import { useSpeech, useTitle } from "../../i18n/language";
import { forgetAtHand } from "../../offline/atHand";
import { useExpiry } from "../../outbox/useExpiry";
import { useUnsentOnPhone } from "../../outbox/useOutbox";
import { Moment } from "../../parts/Moment";
import { useProblemText } from "../../parts/useProblemText";
import { Streets } from "./Streets";

interface Credentials {
  name: string;
  password: string;
}

export function LoginScreen() {
  const { t } = useSpeech();
  useTitle(t("login.title"));
  const said = useProblemText();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const from: unknown = useLocation().state?.from;
  const { modal } = App.useApp();
  const { count, end_ms, dropAll } = useUnsentOnPhone();
  const gone = useExpiry(() => true) ?? 0;
  // Whoever stands here is nobody, also where a session ended by itself.
  useEffect(() => void forgetAtHand().catch(console.warn), []);

  const signIn = useMutation({
    mutationFn: (body: Credentials) => answered(api.POST("/api/session", { body })),
    onSuccess: ({ person }) => {
      queries.clear();
      queries.setQueryData([ME], person);
      void navigate(typeof from === "string" ? from : "/", { replace: true });
    },
  });

  const askToDrop = () =>
    void modal.confirm({
      title: t("unsent.drop_all_title", { count }), content: t("unsent.drop_all_note"), okText: t("unsent.drop_all"), okButtonProps: { danger: true },
      cancelText: t("reason.cancel"), onOk: () => dropAll(),
    });
  return (
    <div className="login">
      <section className="login-story" aria-hidden="true">
        <Streets />
        <p>{t("login.story")}</p>
      </section>
      <main className="login-door">
        <div className="login-language"><LanguageSwitch /></div>
        <div className="login-form">
          <Brand />
          <h1>{t("login.title")}</h1>
          <Form<Credentials> layout="vertical" requiredMark={false} size="large" onFinish={(body) => signIn.mutate(body)}>
            <Form.Item label={t("login.name")} name="name" rules={[{ required: true, message: t("login.name_missing") }]}>
              <Input prefix={<UserOutlined />} autoComplete="username" autoFocus />
            </Form.Item>
            <Form.Item label={t("login.password")} name="password" rules={[{ required: true, message: t("login.password_missing") }]}>
              <Input.Password prefix={<LockOutlined />} autoComplete="current-password" />
            </Form.Item>
            {signIn.error !== null && <Alert className="login-problem" type="error" showIcon title={said(signIn.error)} />}
            <Button type="primary" htmlType="submit" block loading={signIn.isPending}>{t("login.enter")}</Button>
          </Form>
          {gone > 0 && <Alert className="login-unsent" type="info" showIcon title={t("unsent.gone", { count: gone })} />}
          {count > 0 && (
            <Alert
              className="login-unsent" type="info" showIcon title={t("unsent.on_phone", { count })}
              description={<>{t("unsent.sign_in_note")} {t("unsent.until")} <Moment at={new Date(end_ms).toISOString()} /></>}
              action={<Button size="small" danger onClick={askToDrop}>{t("unsent.drop_all")}</Button>}
            />
          )}
          <p className="login-note">{t("login.note")}</p>
        </div>
      </main>
    </div>
  );
}
