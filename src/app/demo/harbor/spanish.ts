import type { Script } from '../vocabulary.ts';

export const spanish: readonly Script[] = [
  {
    intent: 'availability',
    subject: '¿Hay «{product}»?',
    lines: [
      '> [Hola|Buenas tardes], ¿tienen «{product}»?',
      '> Lo necesito para el viernes.',
      '< Hola, {first}. Quedan {stock} en {location}.',
      '> ¿Me apartan uno?',
      '# Apartado hasta el jueves.',
      '< Apartado hasta el jueves al cierre.',
      '> ¡Mil gracias!',
      '< Para eso estamos.',
    ],
  },
  {
    intent: 'price',
    subject: 'Precio de «{product}»',
    lines: [
      '> Buenas, ¿cuánto cuesta «{product}»?',
      '> ¿Y hay descuento si compro [tres|cuatro]?',
      '< {price} cada uno, {first}. Por esa cantidad, {offer}.',
      '> ¿Puedo pagar en la tienda?',
      '< Claro, en efectivo o con tarjeta.',
    ],
  },
  {
    intent: 'delivery',
    subject: 'Pedido {order}',
    lines: [
      '* Su pedido {order} va en camino. Llega en {days} días hábiles.',
      '> Hola, mi pedido {order} no ha llegado.',
      '> Es «{product}» y salimos el [sábado|domingo].',
      '< Lo reviso ahora mismo, {first}.',
      '# Dirección sin número de departamento; corregido con el transportista.',
      '< Faltaba el número de departamento. Ya está corregido y llega mañana.',
      '> Perfecto, gracias.',
      '< Buen viaje.',
    ],
  },
  {
    intent: 'return',
    subject: 'Devolución de «{product}»',
    categories: ['Apparel', 'Footwear'],
    lines: [
      '> Hola, «{product}» me quedó [chico|grande].',
      '> ¿Lo puedo cambiar? Pedido {order}.',
      '< Sí, {first}, tiene 60 días. ¿Prefiere otro modelo?',
      '> Quizás «{other}».',
      '< Buena elección. Pase por la tienda y se lo cambiamos al momento.',
    ],
  },
  {
    intent: 'complaint',
    subject: '«{product}» llegó roto',
    lines: [
      '> [Qué lástima|Vaya sorpresa]: «{product}» llegó roto.',
      '> Pedido {order}.',
      '< Lo siento mucho, {first}. ¿Nos manda una foto?',
      '> Ya la mandé por correo.',
      '# Foto recibida, defecto claro. Enviar reemplazo.',
      '< Gracias. El reemplazo sale hoy sin costo.',
      '> Está bien, espero el paquete.',
      '< Le avisamos cuando salga.',
    ],
  },
  {
    intent: 'opening_hours',
    subject: 'Horario de la tienda',
    lines: [
      '> ¿Abren los domingos?',
      '> Quiero ver «{product}» con mi hermana.',
      '< Todos los días de 9 a 7, {first}. Los perros también entran.',
    ],
  },
  {
    intent: 'advice',
    subject: '¿«{product}» o «{other}»?',
    categories: ['Tents & Shelters', 'Sleep Systems'],
    lines: [
      '> Es mi primera vez acampando, ¿«{product}» o «{other}»?',
      '> Vamos a la montaña en [octubre|mayo].',
      '< De noche hace frío: «{product}», {first}.',
      '> ¿Qué más debo llevar?',
      '< Le mando nuestra lista por correo. Lo primero: calcetines secos.',
    ],
  },
  {
    intent: 'thanks',
    subject: '¡Gracias!',
    lines: [
      '> Volvimos ayer. «{product}» [aguantó todo|salió buenísimo].',
      '> ¡Gracias por la ayuda!',
      '< Qué gusto, {first}. Mándenos una foto para la pared.',
    ],
  },
];
