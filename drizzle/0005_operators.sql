CREATE TABLE "app"."operator_attempts" (
	"key" text PRIMARY KEY NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"attempts" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "app"."operators" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"password_hash" text NOT NULL,
	"disabled_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "operators_email_key" UNIQUE("email"),
	CONSTRAINT "operators_email_is_lower_case" CHECK ("app"."operators"."email" = lower("app"."operators"."email"))
);
--> statement-breakpoint
CREATE TABLE "app"."operator_sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"operator_id" uuid NOT NULL,
	"ip" text,
	"user_agent" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"revoked_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "app"."operator_sessions" ADD CONSTRAINT "operator_sessions_operator_id_operators_id_fk" FOREIGN KEY ("operator_id") REFERENCES "app"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "operator_sessions_operator_id_idx" ON "app"."operator_sessions" USING btree ("operator_id");--> statement-breakpoint
CREATE INDEX "audit_events_occurred_at_id_idx" ON "app"."audit_events" USING btree ("occurred_at","id");--> statement-breakpoint
CREATE INDEX "tenants_created_at_id_idx" ON "app"."tenants" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "tenants_search_idx" ON "app"."tenants" USING gin (app.fold("name" || ' ' || "slug" || ' ' || coalesce("domain", '')) gin_trgm_ops);