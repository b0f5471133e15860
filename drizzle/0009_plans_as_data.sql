CREATE TABLE "app"."features" (
	"code" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"position" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "app"."scheduled_plan_changes" (
	"tenant_id" uuid NOT NULL,
	"plan" text NOT NULL,
	"effective_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "scheduled_plan_changes_pkey" PRIMARY KEY("tenant_id")
);
--> statement-breakpoint
CREATE TABLE "app"."tenant_overrides" (
	"tenant_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"code" text NOT NULL,
	"limit_value" bigint,
	"granted" boolean,
	"reason" text NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenant_overrides_pkey" PRIMARY KEY("tenant_id","kind","code"),
	CONSTRAINT "tenant_overrides_kind_known" CHECK ("app"."tenant_overrides"."kind" in ('LIMIT','FEATURE')),
	CONSTRAINT "tenant_overrides_limit_value_not_negative" CHECK ("app"."tenant_overrides"."limit_value" >= 0),
	CONSTRAINT "tenant_overrides_says_one_thing" CHECK (case "app"."tenant_overrides"."kind" when 'FEATURE' then "app"."tenant_overrides"."granted" is not null and "app"."tenant_overrides"."limit_value" is null
        else "app"."tenant_overrides"."granted" is null end)
);
--> statement-breakpoint
ALTER TABLE "app"."plans" ADD COLUMN "description" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "app"."plans" ADD COLUMN "self_service" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "app"."scheduled_plan_changes" ADD CONSTRAINT "scheduled_plan_changes_plan_plans_code_fk" FOREIGN KEY ("plan") REFERENCES "app"."plans"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."scheduled_plan_changes" ADD CONSTRAINT "scheduled_plan_changes_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."tenant_overrides" ADD CONSTRAINT "tenant_overrides_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "scheduled_plan_changes_effective_at_idx" ON "app"."scheduled_plan_changes" USING btree ("effective_at");