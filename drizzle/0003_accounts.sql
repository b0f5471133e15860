CREATE TABLE "app"."attempt_counters" (
	"key" text PRIMARY KEY NOT NULL,
	"used" integer NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "app"."mails" (
	"id" uuid PRIMARY KEY NOT NULL,
	"recipient" text NOT NULL,
	"subject" text NOT NULL,
	"body" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"due_at" timestamp (3) with time zone DEFAULT now(),
	"attempts" integer DEFAULT 0 NOT NULL,
	"sent_at" timestamp (3) with time zone,
	"failed_at" timestamp (3) with time zone,
	"last_error" text
);
--> statement-breakpoint
CREATE TABLE "app"."one_time_tokens" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"email" text NOT NULL,
	"user_id" uuid,
	"name" text,
	"password_hash" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "one_time_tokens_kind_known" CHECK ("app"."one_time_tokens"."kind" in ('REGISTRATION','PASSWORD_RESET'))
);
--> statement-breakpoint
CREATE TABLE "app"."refresh_tokens" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"session_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"used_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "app"."sessions" ADD COLUMN "home_tenant_id" uuid;--> statement-breakpoint
ALTER TABLE "app"."sessions" ADD COLUMN "last_seen_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "app"."one_time_tokens" ADD CONSTRAINT "one_time_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "app"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."refresh_tokens" ADD CONSTRAINT "refresh_tokens_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "app"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "attempt_counters_expires_at_idx" ON "app"."attempt_counters" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "mails_due_at_idx" ON "app"."mails" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "mails_created_at_idx" ON "app"."mails" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "one_time_tokens_email_idx" ON "app"."one_time_tokens" USING btree ("email");--> statement-breakpoint
CREATE INDEX "one_time_tokens_user_id_idx" ON "app"."one_time_tokens" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "one_time_tokens_expires_at_idx" ON "app"."one_time_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "refresh_tokens_session_id_idx" ON "app"."refresh_tokens" USING btree ("session_id");--> statement-breakpoint
ALTER TABLE "app"."sessions" ADD CONSTRAINT "sessions_home_tenant_id_tenants_id_fk" FOREIGN KEY ("home_tenant_id") REFERENCES "app"."tenants"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sessions_home_tenant_id_idx" ON "app"."sessions" USING btree ("home_tenant_id");